/** The tests of loops over queues again, without the native code: received items are counted by writes. */
process.env["POLYPROC_NATIVE"] = "none";
await import("./queue-loop.test.js");
