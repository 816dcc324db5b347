import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { temporaryFolder } from "../temporary-folder.js";
import { managers, projectOf } from "./managers.js";
import { firstListing, packed, type Packed } from "./packed.js";

describe("the package, added to an empty project", () => {
  const folder = temporaryFolder({ after });
  let tarball: Packed;
  before(async () => {
    tarball = await packed(folder);
  });

  for (const name of Object.keys(managers)) {
    it(`by ${name}: README's first listing and the command run`, async () => {
      const { manager, project, manage } = await projectOf(name, folder);
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
