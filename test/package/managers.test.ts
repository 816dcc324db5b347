import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { temporaryFolder } from "../temporary-folder.js";
import { installed, managers } from "./managers.js";
import { firstListing, packed, run, type Packed } from "./packed.js";

describe("the package, added to an empty project", () => {
  const folder = temporaryFolder({ after });
  let tarball: Packed;
  before(async () => {
    tarball = await packed(folder);
  });

  for (const [name, manager] of Object.entries(managers)) {
    it(`by ${name}: README's first listing and the command run`, async () => {
      const program = await installed(manager);
      const project = join(folder, name.replaceAll(/\W+/g, "-"));
      const home = join(project, "home");
      mkdirSync(home, { recursive: true });
      // The machine's own folders of the manager stay as they are.
      const xdg = { XDG_RUNTIME_DIR: home, XDG_CACHE_HOME: home, XDG_DATA_HOME: home, XDG_CONFIG_HOME: home };
      const env = { ...process.env, HOME: home, TMPDIR: folder, ...xdg };
      const manage = (args: string[]) => run(program, args, { cwd: project, env });
      writeFileSync(join(project, "package.json"), JSON.stringify({ name: "a-user-s", private: true, type: "module" }));
      manager.prepare?.(project);
      await manage(manager.add(tarball.path));

      const { code, prints } = firstListing();
      writeFileSync(join(project, "digest.js"), code);
      assert.equal((await manage(manager.node("digest.js"))).stdout, prints);

      const map = ["map", "--keep-order", "-j", "2", "a", "b", "--", "echo", "item", "{}"];
      assert.equal((await manage(manager.command(map))).stdout, "item a\nitem b\n");
    });
  }
});
