import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { temporaryFolder } from "../../temporary-folder.js";
import { packageFiles, unpacked } from "./wheel.js";
import { needs } from "../../tools/needs.js";

describe("the Python package, as pip gets it", needs("python3"), () => {
  it("has, as a wheel, every module, every stub and a wheel's metadata", (t) => {
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

  it("has, as a source archive, the same and what builds it", (t) => {
    const held = unpacked("sdist", temporaryFolder(t)).map((path) => path.replace(/^polyproc-[\d.]+\//, ""));
    assert.deepEqual(held, ["README.md", "build_backend.py", "pyproject.toml", ...packageFiles()].sort());
  });
});
