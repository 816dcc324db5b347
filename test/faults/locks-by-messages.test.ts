/** What the death of a holder and deadlocks do again, without the native code. */
process.env["POLYPROC_NATIVE"] = "none";
await import("./deadlock.test.js");
await import("./holder-killed.test.js");
