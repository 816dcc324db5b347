import assert from "node:assert/strict";
import { test } from "node:test";
import type { Settings } from "../../extension/settings.js";
import { registerWindowClose } from "../../extension/window-close.js";
import { FakeServer } from "./model/fake-server.js";

test("the server knows in advance what to do without windows, and learns when the setting changes", () => {
  const server = new FakeServer();
  server.answers["server/stop"] = () => null;
  const settings = {
    onWindowClose: "keep",
    onDidChange: (_sections: readonly string[], listener: () => void) => ((changed = listener), { dispose: () => {} }),
  };
  let changed = () => {};
  registerWindowClose(server, settings as unknown as Settings, { warn: () => {} } as never);
  const told = () => server.asked.splice(0).map(({ method, params }) => [method, params]);

  changed();
  assert.deepEqual(told(), [], "there is no server");
  server.connect();
  assert.deepEqual(told(), [], "keep is what servers do: another window may have sent another setting");
  settings.onWindowClose = "stop";
  changed();
  assert.deepEqual(told(), [["server/stop", { whenAloneMs: 15_000 }]]);
  server.connect();
  assert.deepEqual(told(), [["server/stop", { whenAloneMs: 15_000 }]]);
  settings.onWindowClose = "keep";
  changed();
  assert.deepEqual(told(), [["server/stop", { whenAloneMs: null }]]);
});
