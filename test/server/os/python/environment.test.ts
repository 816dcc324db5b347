import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { nearestPython } from "../../../../server/os/python/environment.js";
import { temporaryFolder } from "../../../temporary-folder.js";

/** A machine with these files; what a file says matters for some. */
function machine(t: TestContext, files: Record<string, string>) {
  const root = realpathSync(temporaryFolder(t));
  for (const [name, text] of Object.entries(files)) {
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  const home = join(root, "home");
  return {
    root,
    find: (folder: string, env: NodeJS.ProcessEnv = {}) => {
      mkdirSync(join(root, folder), { recursive: true });
      return nearestPython(join(root, folder), { home, env, platform: "linux" })?.slice(root.length + 1) ?? null;
    },
  };
}

const venv = (folder: string) => ({ [`${folder}/pyvenv.cfg`]: "", [`${folder}/bin/python`]: "" });

describe("the Python environment nearest to a folder", () => {
  it("is the one in the folder, else the one in the nearest folder above", (t) => {
    const { find } = machine(t, { ...venv("work/.venv"), ...venv("work/app/venv") });
    assert.equal(find("work/app/src/deep"), "work/app/venv/bin/python");
    assert.equal(find("work/other"), "work/.venv/bin/python");
    assert.equal(find("elsewhere"), null);
  });

  it("is no folder that only has such a name", (t) => {
    const { find } = machine(t, { "app/.venv/notes.txt": "", "app/env/bin/python": "" });
    assert.equal(find("app"), null);
  });

  it("is .venv before venv, and a Conda environment inside of the project", (t) => {
    const { find } = machine(t, {
      ...venv("both/venv"),
      ...venv("both/.venv"),
      "conda/.conda/conda-meta/history": "",
      "conda/.conda/bin/python": "",
    });
    assert.equal(find("both"), "both/.venv/bin/python");
    assert.equal(find("conda/src"), "conda/.conda/bin/python");
  });

  it("is the one that Poetry keeps for the project", (t) => {
    const { root, find } = machine(t, {
      "app/pyproject.toml": '[build-system]\nrequires = []\n\n[tool.poetry]\nversion = "1"\nname = "My App"\n',
    });
    mkdirSync(join(root, "app"), { recursive: true });
    const hash = createHash("sha256").update(join(root, "app")).digest("base64url").slice(0, 8);
    for (const all of ["home/.cache/pypoetry/virtualenvs", "chosen"]) {
      const bin = join(root, all, `my_app-${hash}-py3.12`, "bin");
      mkdirSync(bin, { recursive: true });
      writeFileSync(join(bin, "python"), "");
      mkdirSync(join(root, all, `my_app-AAAAAAAA-py3.12`), { recursive: true });
    }
    assert.equal(find("app/src"), `home/.cache/pypoetry/virtualenvs/my_app-${hash}-py3.12/bin/python`);
    assert.equal(
      find("app/src", { POETRY_VIRTUALENVS_PATH: join(root, "chosen") }),
      `chosen/my_app-${hash}-py3.12/bin/python`,
    );
  });

  it("is the Conda environment that environment.yml names", (t) => {
    const { root, find } = machine(t, {
      "app/environment.yml": "# ours\nname: pictures # and more\ndependencies:\n  - python\n",
      "conda/envs/pictures/bin/python": "",
    });
    mkdirSync(join(root, "home/.conda"), { recursive: true });
    writeFileSync(
      join(root, "home/.conda/environments.txt"),
      `${root}/conda/envs/other\n${root}/conda/envs/pictures\n`,
    );
    assert.equal(find("app/src"), "conda/envs/pictures/bin/python");
  });

  it("is the newest version of pyenv that .python-version means", (t) => {
    const { root, find } = machine(t, {
      "app/.python-version": "3.12\n",
      "exact/.python-version": "3.9.18",
      "missing/.python-version": "3.8\n",
      "home/.pyenv/versions/3.12.2/bin/python": "",
      "home/.pyenv/versions/3.12.10/bin/python": "",
      "home/.pyenv/versions/3.1.1/bin/python": "",
      "there/versions/3.9.18/bin/python": "",
    });
    assert.equal(find("app/src"), "home/.pyenv/versions/3.12.10/bin/python");
    assert.equal(find("exact", { PYENV_ROOT: join(root, "there") }), "there/versions/3.9.18/bin/python");
    assert.equal(find("missing"), null);
  });
});
