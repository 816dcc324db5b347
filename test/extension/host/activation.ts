import assert from "node:assert/strict";
import { createRequire } from "node:module";
import * as vscode from "vscode";
import type { PolyprocApi } from "../../../extension/api.js";
import { activated } from "./harness/extension.js";
import { note } from "./harness/note.js";

describe("activation", () => {
  it("succeeds, and reports how long it took", async () => {
    const { extension, api } = await activated<PolyprocApi>();
    assert.equal(extension.isActive, true);
    assert.ok(api.activationMs > 0);
    const loadMs = loadAgain(vscode.Uri.joinPath(extension.extensionUri, "dist", "extension.cjs").fsPath);
    note(`activation: ${loadMs.toFixed(1)} ms to load the code, ${api.activationMs.toFixed(1)} ms in activate()`);
  });
});

/** The editor has loaded it already, and does not tell how long that took. */
function loadAgain(file: string): number {
  const require = createRequire(file);
  const { [file]: loaded } = require.cache;
  assert.ok(loaded, `${file} has not been loaded`);
  delete require.cache[file];
  try {
    const began = performance.now();
    require(file);
    return performance.now() - began;
  } finally {
    require.cache[file] = loaded;
  }
}
