import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { serverName, socketPath } from "../../../extension/connection/socket-path.js";
import { temporaryFolder } from "../../temporary-folder.js";

test("a workspace's server has one name, whatever folders are added", () => {
  const alone = serverName({ file: null, folders: ["file:///a"] });
  assert.match(alone!, /^[0-9a-f]{16}$/);
  assert.equal(serverName({ file: null, folders: ["file:///a", "file:///b"] }), alone);
  assert.notEqual(serverName({ file: null, folders: ["file:///b"] }), alone);
  assert.notEqual(serverName({ file: "file:///x.code-workspace", folders: ["file:///a"] }), alone);
  assert.equal(serverName({ file: null, folders: [] }), null);
});

test("the socket is in the command line's folder, and its path is never too long", (t) => {
  const runtime = temporaryFolder(t);
  const uid = process.getuid?.();
  const at = { env: { XDG_RUNTIME_DIR: runtime }, home: "/home/me", temporary: "/var/tmp", uid };
  assert.equal(socketPath("0123", at), join(runtime, "polyproc", "window-0123.sock"));
  assert.equal(socketPath("0123", { ...at, env: {} }), "/home/me/.cache/polyproc/window-0123.sock");
  assert.equal(
    socketPath("0123", { ...at, env: { XDG_RUNTIME_DIR: join(runtime, "gone") } }),
    "/home/me/.cache/polyproc/window-0123.sock",
  );
  assert.equal(socketPath("0123", { ...at, uid: (uid ?? 0) + 1 }), "/home/me/.cache/polyproc/window-0123.sock");
  const long = "/home/" + "ä".repeat(50);
  assert.equal(socketPath("0123", { ...at, env: {}, home: long }), `/var/tmp/polyproc-${uid}/window-0123.sock`);
  assert.equal(
    socketPath("0123", { ...at, env: {}, home: long, temporary: long }),
    `/tmp/polyproc-${uid}/window-0123.sock`,
  );
});
