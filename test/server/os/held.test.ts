import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { compiled } from "../../fixture.js";

test("a child that has closed its output holds the event loop until its exit is reported", () => {
  const program = `
    import { createSpawner } from ${JSON.stringify(compiled("server/os/spawner"))};
    const spawner = createSpawner({ instanceId: "held-" + process.pid, runtimes: {}, onHostConnection() {} });
    const exited = ({ exitCode }) => { console.log(exitCode); spawner.dispose(0); };
    const script = "exec >&- 2>&-; sleep 0.5; exit 3";
    spawner.startCommand({ command: "sh", args: ["-c", script] }, { spawned() {}, failed() {}, output() {}, exited });`;
  const { stdout } = spawnSync(process.execPath, ["--input-type=module", "--eval", program], { encoding: "utf8" });
  assert.equal(stdout, "3\n");
});
