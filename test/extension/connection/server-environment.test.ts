import assert from "node:assert/strict";
import { test } from "node:test";
import { serverEnvironment } from "../../../extension/connection/server-environment.js";

test("children get the user's environment, without the editor's variables and other servers' addresses", () => {
  const given = {
    PATH: "/bin",
    POLYPROC_PYTHON: "/usr/bin/python3",
    POLYPROC_ADDRESS: "unix:/other",
    POLYPROC_TOKEN: "t",
    VSCODE_PID: "1",
    ELECTRON_RUN_AS_NODE: "1",
  };
  assert.deepEqual(serverEnvironment(given), { PATH: "/bin", POLYPROC_PYTHON: "/usr/bin/python3" });
  assert.deepEqual(serverEnvironment(given, { ELECTRON_RUN_AS_NODE: "1" }), {
    PATH: "/bin",
    POLYPROC_PYTHON: "/usr/bin/python3",
    ELECTRON_RUN_AS_NODE: "1",
  });
});
