/** Processes that are started as where there is no native code: by Node, with FIFOs that the program `mkfifo` makes. */
process.env["POLYPROC_NATIVE"] = "none";
for (const file of ["command", "host", "leftover", "signals", "spawn-failure"]) await import(`./${file}.test.js`);

export {};
