import assert from "node:assert/strict";
import { test } from "node:test";
import { InspectorLines } from "../../../../server/os/stacks/inspector-lines.js";

const url = "ws://127.0.0.1:9229/5d1b5b2e-9f0c-4d8a-8a51-0c4f9c8c1a3e";
const help = {
  "Node 20": "https://nodejs.org/en/docs/inspector",
  "Node 22 and later": "https://nodejs.org/learn/getting-started/debugging",
};

for (const [version, address] of Object.entries(help)) {
  test(`what the inspector of ${version} writes is taken out, wherever its pieces end`, () => {
    const urls: string[] = [];
    let waits = 0;
    const own = "mine\nFor help, see: https://nodejs.org/api/\nDebugger of mine\n";
    const text =
      `Debugger listening on ${url}\nFor help, see: ${address}\nDebugger attached.\n${own}` +
      `Debugger ending on ${url}\nFor help, see: ${address}\nWaiting for the debugger to disconnect...\nend`;
    for (const size of [1, 7, text.length]) {
      const lines = new InspectorLines(
        (address) => urls.push(address),
        () => waits++,
      );
      let shown = "";
      for (let at = 0; at < text.length; at += size)
        shown += Buffer.from(lines.pass(Buffer.from(text.slice(at, at + size)))).toString();
      shown += Buffer.from(lines.end()).toString();
      assert.equal(shown, `${own}end`);
    }
    assert.deepEqual(urls, [url, url, url]);
    assert.equal(waits, 3);
  });
}
