import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { temporaryFolder } from "../../temporary-folder.js";
import { packageFiles, unpacked } from "./wheel.js";
import { needs } from "../../tools/needs.js";

describe("the Python package, as pip gets it", needs("python3"), () => {
  it("is, as a wheel, every module and every stub, and what a wheel says of itself", (t) => {
    const held = unpacked("wheel", temporaryFolder(t));
    const info = held.filter((path) => !path.startsWith("polyproc/"));
    assert.deepEqual(
      info.map((path) => path.replace(/^polyproc-[\d.]+\.dist-info\//, "")),
      ["METADATA", "RECORD", "WHEEL"],
    );
    assert.deepEqual(
      held.filter((path) => !info.includes(path)),
      packageFiles(),
    );
  });

  it("is, as a source archive, the same beside what builds it", (t) => {
    const held = unpacked("sdist", temporaryFolder(t)).map((path) => path.replace(/^polyproc-[\d.]+\//, ""));
    assert.deepEqual(held, ["README.md", "build_backend.py", "pyproject.toml", ...packageFiles()].sort());
  });
});
