import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { root } from "../fixture.js";
import { temporaryFolder } from "../temporary-folder.js";
import { commandIn, ownHome } from "./own-home.js";
import { runProgram, type Finished } from "./run-example.js";
import { needs } from "../tools/needs.js";

/** Clients of the protocol that come with an editor, and know nothing of Polyproc. */
const editors = [
  { name: "Emacs", program: "emacs", example: "emacs.el", args: (example: string) => ["--batch", "-l", example, "--"] },
  {
    name: "Neovim",
    program: "nvim",
    example: "neovim.lua",
    args: (example: string) => ["--headless", "--clean", "-S", example],
  },
] as const;

for (const editor of editors) {
  describe(`the client in ${editor.name}`, needs(editor.program), () => {
    const example = join(root, "examples", "editors", editor.example);

    /** `polyproc` is how the editor calls it. */
    function run(t: TestContext, cwd: string, polyproc: string | null, files: string[]): Promise<Finished> {
      const home = temporaryFolder(t);
      const env = { ...ownHome(home), POLYPROC: polyproc ?? commandIn(home) };
      return runProgram(editor.program, [...editor.args(example), ...files], { cwd, env });
    }

    it("runs a command over files in a pool, shows progress and failures, and leaves nothing behind", async (t) => {
      const folder = temporaryFolder(t);
      const names = Array.from({ length: 20 }, (_, i) => `${i} lines.txt`);
      for (const [i, name] of names.entries()) writeFileSync(join(folder, name), "line\n".repeat(i));
      const files = [...names.slice(0, 10), "nowhere.txt", ...names.slice(10)];
      const { status, lines, stdout, stderr } = await run(t, folder, null, files);
      const said = lines.map((line) => line.trim());
      const expected = files.map((name) =>
        name === "nowhere.txt" ? /^nowhere\.txt: wc: exit code 1: .*No such file/ : `${name}: ${Number.parseInt(name)}`,
      );
      assert.equal(said.length, expected.length, stdout + stderr);
      for (const [i, line] of expected.entries()) {
        if (typeof line === "string") assert.equal(said[i], line);
        else assert.match(said[i]!, line);
      }
      assert.match(stderr, /21 of 21/);
      assert.equal(status, 0);
    });

    it("reports that polyproc is not installed", async (t) => {
      const { status, stdout, stderr } = await run(t, temporaryFolder(t), "no-such-polyproc", ["a.txt"]);
      assert.notEqual(status, 0);
      assert.match(stdout + stderr, /no-such-polyproc/);
    });

    it("is at most 40 lines", () => {
      assert.ok(readFileSync(example, "utf8").trimEnd().split("\n").length <= 40);
    });
  });
}
