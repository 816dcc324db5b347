import assert from "node:assert/strict";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { filePaths } from "../../server/file-paths.js";

test("a module's path or URL names a file, a bare name does not", () => {
  assert.equal(filePaths.ofModule("/w/../a b.js"), "/a b.js");
  assert.equal(filePaths.ofModule(`${pathToFileURL("/w/a b.js").href}?t=1#x`), "/w/a b.js");
  assert.equal(filePaths.ofModule("package.module"), null);
  assert.equal(filePaths.ofModule("file://elsewhere/a.js"), null);
  assert.equal(filePaths.ofModule("file:///a%2Fb.js"), null);
});
