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

  it("is the one that Poetry keeps for the project, of the version that is in use", (t) => {
    const { root, find } = machine(t, {
      "app/pyproject.toml": '[build-system]\nrequires = []\n\n[tool.poetry]\nversion = "1"\nname = "My.App_two"\n',
      // Poetry 2 needs no table of its own.
      "new/pyproject.toml": '[project]\nname = "new"\n\n[build-system]\nbuild-backend = "poetry.core.masonry.api"\n',
    });
    const keyOf = (folder: string, name: string) =>
      `${name}-${createHash("sha256").update(join(root, folder)).digest("base64url").slice(0, 8)}`;
    const [key, other] = [keyOf("app", "my-app-two"), keyOf("new", "new")];
    for (const all of ["home/.cache/pypoetry/virtualenvs", "chosen"])
      for (const environment of [`${key}-py3.11`, `${key}-py3.12`, "my-app-two-AAAAAAAA-py3.12", `${other}-py3.9`]) {
        const bin = join(root, all, environment, "bin");
        mkdirSync(bin, { recursive: true });
        writeFileSync(join(bin, "python"), "");
      }
    const envs = `[${other}]\nminor = "3.9"\npatch = "3.9.18"\n\n[${key}]\npatch = "3.12.1"\nminor = "3.12"\n`;
    writeFileSync(join(root, "chosen", "envs.toml"), envs);
    assert.equal(find("app/src"), `home/.cache/pypoetry/virtualenvs/${key}-py3.11/bin/python`);
    assert.equal(find("new"), `home/.cache/pypoetry/virtualenvs/${other}-py3.9/bin/python`);
    const chosen = { POETRY_VIRTUALENVS_PATH: join(root, "chosen") };
    assert.equal(find("app/src", chosen), `chosen/${key}-py3.12/bin/python`);
    assert.equal(find("new", chosen), `chosen/${other}-py3.9/bin/python`);
  });

  it("is the one of Poetry where its settings put it: the project's before the user's", (t) => {
    const { root, find } = machine(t, {
      "app/pyproject.toml": '[project]\nname = "app"\n[tool.poetry]\n',
      "home/.config/pypoetry/config.toml": 'cache-dir = "~/kept"\n\n[virtualenvs]\npath = "{cache-dir}/all"\n',
      "other/config.toml": "[installer]\nparallel = true\n[virtualenvs]\r\npath = '~/mine'\r\n",
    });
    const key = `app-${createHash("sha256").update(join(root, "app")).digest("base64url").slice(0, 8)}-py3.12`;
    for (const all of [
      "home/kept/all",
      "home/mine",
      "app/here",
      "home/there/all",
      "home/.cache/pypoetry/virtualenvs",
    ]) {
      mkdirSync(join(root, all, key, "bin"), { recursive: true });
      writeFileSync(join(root, all, key, "bin/python"), "");
    }
    assert.equal(find("app"), `home/kept/all/${key}/bin/python`);
    assert.equal(find("app", { POETRY_CACHE_DIR: join(root, "home/there") }), `home/there/all/${key}/bin/python`);
    assert.equal(find("app", { POETRY_CONFIG_DIR: join(root, "other") }), `home/mine/${key}/bin/python`);
    writeFileSync(join(root, "app/poetry.toml"), '[virtualenvs]\npath = "here"\n');
    assert.equal(find("app"), `app/here/${key}/bin/python`);
  });

  it("is the one that UV_PROJECT_ENVIRONMENT names, for projects of uv", (t) => {
    const { root, find } = machine(t, {
      "app/uv.lock": "",
      ...venv("app/.venv"),
      ...venv("app/docker"),
      ...venv("opt/app"),
      ...venv("other/.venv"),
    });
    assert.equal(find("app/packages/one", { UV_PROJECT_ENVIRONMENT: "docker" }), "app/docker/bin/python");
    const absolute = { UV_PROJECT_ENVIRONMENT: join(root, "opt/app") };
    assert.equal(find("app/packages/one", absolute), "opt/app/bin/python");
    assert.equal(find("other", absolute), "other/.venv/bin/python");
    assert.equal(find("app", { UV_PROJECT_ENVIRONMENT: "missing" }), "app/.venv/bin/python");
    assert.equal(find("app", { UV_PROJECT_ENVIRONMENT: "" }), "app/.venv/bin/python");
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
