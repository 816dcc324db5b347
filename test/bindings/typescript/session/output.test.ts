import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { waitFor, within } from "../../../deadline.js";
import { compiled } from "../../../fixture.js";

test("a script whose output is not read makes its children wait, holds little, and loses nothing", async (t) => {
  const lines = 24_000;
  const script = spawn(process.execPath, [compiled("test/bindings/typescript/fixtures/floods"), String(lines)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(script, "close");
  t.after(async () => {
    script.kill("SIGKILL");
    await ended;
  });
  let said = "";
  script.stderr.on("data", (text: Buffer) => (said += text.toString()));
  const [, most] = await waitFor(() => /rests (\d+)\n/.exec(said), {
    what: "the script's output to rest",
  });
  assert.ok(Number(most) < 4 << 20, `${most} bytes waited in the script`);
  assert.doesNotMatch(said, /ended/);
  let bytes = 0;
  script.stdout.on("data", (chunk: Buffer) => (bytes += chunk.length));
  await within(ended, "the end of the script");
  assert.equal(bytes, lines * 1001);
  assert.match(said, /ended 0\n$/);
});
