import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { compiled } from "../fixture.js";
import { temporaryFolder } from "../temporary-folder.js";
import { needs } from "../tools/needs.js";
import { run } from "./packed.js";

describe("npm run install:global, with a prefix and an environment of its own", needs("python3 with pip"), () => {
  const folder = temporaryFolder({ after });
  const prefix = join(folder, "prefix");
  const bin = join(prefix, "bin");
  const venv = join(folder, "venv");
  const empty = join(folder, "empty");
  const asked = join(folder, "asked-of-code");
  const env: NodeJS.ProcessEnv & { HOME: string } = {
    ...process.env,
    HOME: join(folder, "home"),
    TMPDIR: folder,
    npm_config_prefix: prefix,
    npm_config_cache: join(folder, "cache"),
    PATH: [bin, join(venv, "bin"), dirname(process.execPath), "/usr/bin", "/bin"].join(":"),
    ASKED: asked,
  };
  let told: string;

  before(async () => {
    // npm looks for it below the prefix. Here it may say how the registry is reached.
    env["npm_config_globalconfig"] = (await run("npm", ["config", "get", "globalconfig"])).stdout.trim();
    for (const path of [env.HOME, bin, empty]) mkdirSync(path, { recursive: true });
    await run("python3", ["-m", "venv", venv]);
    // In place of VS Code's own command.
    writeFileSync(join(bin, "code"), `#!/bin/sh\necho "$@" >"$ASKED"\n`);
    chmodSync(join(bin, "code"), 0o755);
    const args = [compiled("packaging/main"), "install", join(folder, "packages")];
    told = (await run(process.execPath, args, { cwd: empty, env })).stdout;
  });

  it("puts polyproc onto PATH: it runs in an empty folder", async () => {
    assert.match(told, new RegExp(`^✔ polyproc: ${join(bin, "polyproc")} \\d+\\.\\d+\\.\\d+$`, "m"));
    const map = ["map", "--keep-order", "-j", "2", "a", "b", "--", "echo", "item", "{}"];
    assert.equal((await run("polyproc", map, { cwd: empty, env })).stdout, "item a\nitem b\n");
  });

  it("puts the package into the Python of the terminal: it runs in an empty folder", async () => {
    assert.match(told, new RegExp(`^✔ Python: import polyproc, with ${join(venv, "bin", "python3")}$`, "m"));
    const program = "import polyproc\nwith polyproc.Pool(2) as pool: print(pool.map(len, ['a', 'bc']))";
    assert.equal((await run("python3", ["-c", program], { cwd: empty, env })).stdout, "[1, 2]\n");
  });

  it("gives the extension to VS Code", () => {
    assert.match(told, /^✔ VS Code: the extension/m);
    const vsix = readdirSync(join(folder, "packages")).find((name) => name.endsWith(".vsix"))!;
    assert.equal(readFileSync(asked, "utf8"), `--install-extension ${join(folder, "packages", vsix)} --force\n`);
  });

  it("says how to install it into a project of Node, and that works", async () => {
    const tarball = /^In a project of Node: npm install (.*)$/m.exec(told)![1]!;
    writeFileSync(join(empty, "package.json"), `{ "private": true, "type": "module" }`);
    await run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", tarball], { cwd: empty, env });
    writeFileSync(
      join(empty, "lock.js"),
      `import { Lock } from "polyproc";\nconsole.log(await new Lock().acquire());\n`,
    );
    assert.equal((await run(process.execPath, ["lock.js"], { cwd: empty, env })).stdout, "true\n");
  });
});
