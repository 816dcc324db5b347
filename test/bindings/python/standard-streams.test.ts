import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { temporaryFolder } from "../../temporary-folder.js";
import { needs } from "../../tools/needs.js";
import { runPython } from "./run-python.js";

const program = `
import os, sys
import polyproc

if __name__ == "__main__":
    # The server says that it does not use this file: on the standard error that it shares with this program.
    with open("polyproc.json", "w") as file:
        file.write("{}")
    # The server closes the streams of a process that has ended.
    process = polyproc.Process(target=abs, args=(1,))
    process.start()
    process.join()
    with polyproc.Pool(1) as pool:
        pool.map(abs, [1])
        print(os.get_blocking(1), os.get_blocking(2))
        # More than a pipe or a socket holds, as fast as it goes.
        sys.stderr.write("x" * 1_000_000)
`;

describe("the standard streams of a Python program", needs("python3"), () => {
  it("are what they were once there is a server: a write waits for its reader", async (t) => {
    const { status, stdout, stderr } = await runPython(["-c", program], { cwd: temporaryFolder(t) });
    assert.equal(stdout, "True True\n");
    assert.match(stderr, /^polyproc: .*polyproc\.json/);
    assert.match(stderr, /x{1000000}$/);
    assert.equal(status, 0);
  });
});
