import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { root } from "../../fixture.js";
import { startServer } from "../../server/server-process.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { runPython } from "./run-python.js";
import { needs } from "../../tools/needs.js";

const fixture = (name: string) => join(root, "test", "bindings", "python", "fixtures", name);

describe("large values of the Python binding", needs("python3"), () => {
  it("are joined from their fragments, and a damaged stream is found out", async (t) => {
    const { status, stderr } = await runPython([fixture("large_stream.py")], { cwd: temporaryFolder(t) });
    assert.equal(status, 0, stderr);
    assert.match(stderr, /^OK$/m);
  });

  for (const kind of ["arguments_and_results", "initargs_and_arguments_of_a_process", "items_of_queues_and_pipes"]) {
    it(`pass as ${kind.replaceAll("_", " ")}`, async (t) => run(t, `Large.test_${kind}`));
  }

  it("are sent in chunks that are cut by bytes", async (t) => run(t, "Large.test_chunks_are_cut_by_bytes"));

  it("let other threads send and receive meanwhile, and come to no harm by signals", async (t) => {
    await run(
      t,
      "Large.test_other_threads_are_not_held_up",
      "Large.test_several_threads_send_and_receive_at_once",
      "Large.test_a_signal_in_the_middle_of_a_message_leaves_a_sound_connection",
    );
  });

  it("fail alone when they are too large, with size, limit and option", async (t) => {
    const address = `unix:${join(temporaryFolder(t), "s")}`;
    await startServer(t, ["--listen", address, "--max-payload-bytes", "2000000", "--max-message-bytes", "2000000"]);
    const { status, stderr } = await runPython([fixture("large_values.py"), "Limits"], {
      cwd: temporaryFolder(t),
      env: { POLYPROC_TEST_SERVER: address },
    });
    assert.equal(status, 0, stderr);
    assert.match(stderr, /^OK$/m);
  });
});

async function run(t: { after(clean: () => void | Promise<void>): void }, ...tests: string[]): Promise<void> {
  const { status, stderr } = await runPython([fixture("large_values.py"), ...tests], { cwd: temporaryFolder(t) });
  assert.equal(status, 0, stderr);
  assert.match(stderr, /^OK$/m);
}
