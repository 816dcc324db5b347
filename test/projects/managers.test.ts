import assert from "node:assert/strict";
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { run as runCommandLine } from "../cli/polyproc.js";
import { fixture } from "../fixture.js";
import { projectOf } from "../package/managers.js";
import { packed, type Packed } from "../package/packed.js";
import { temporaryFolder } from "../temporary-folder.js";
import { projects } from "./project.js";

/** No dependency of these projects but the package, a compiler and a package that the source imports. */
const added = ["typescript@~5.9.0", "ms@~2.1.0"];

const source = `import ms from "ms";
import { Kind } from "./kinds.js";

export function seconds(path: string): string {
  return \`\${path} \${ms("1s")} \${Kind[Kind.Text]}\`;
}
`;

describe("a TypeScript project without tsx", () => {
  const folder = temporaryFolder({ after });
  let tarball: Packed;
  before(async () => {
    tarball = await packed(folder);
  });

  for (const name of ["pnpm", "yarn, with Plug'n'Play"]) {
    it(`installed by ${name}: its functions are mapped over files`, async (t) => {
      const { manager, project, manage } = await projectOf(name, folder);
      cpSync(fixture("projects/esm"), project, { recursive: true });
      writeFileSync(join(project, "a.txt"), "hello wide world");
      writeFileSync(join(project, "src/seconds.ts"), source);
      manager.prepare?.(project);
      await manage([...manager.add(tarball.path), ...added]);

      const map = (module: string, name: string) => ["map", "-j", "1", "--module", module, "--export", name, "a.txt"];
      const { stdout } = await manage(manager.command(map("src/digest.ts", "digest")));
      assert.deepEqual(JSON.parse(stdout), projects.esm.result);
      assert.equal((await manage(manager.command(map("src/seconds.ts", "seconds")))).stdout, '"a.txt 1000 Text"\n');

      // A command line that is installed elsewhere finds the packages of pnpm, but not those of Plug'n'Play.
      const elsewhere = await runCommandLine(t, map("src/seconds.ts", "seconds"), { cwd: project });
      if (name === "pnpm") assert.equal(elsewhere.stdout, '"a.txt 1000 Text"\n', elsewhere.stderr);
      else
        assert.match(elsewhere.stderr, /uses yarn's Plug'n'Play, so its packages are found only below yarn: run yarn/);
    });
  }
});
