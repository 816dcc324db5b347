/** The tests of locks again, without the native code. */
process.env["POLYPROC_NATIVE"] = "none";
await import("./lock.test.js");
