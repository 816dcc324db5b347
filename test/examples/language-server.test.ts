import assert from "node:assert/strict";
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { root } from "../fixture.js";
import { startServer } from "../server/server-process.js";
import { temporaryFolder } from "../temporary-folder.js";
import { needs } from "../tools/needs.js";
import { commandIn, ownHome } from "./own-home.js";
import { runProgram, type Finished } from "./run-example.js";

/** What a user would do in Neovim: open the file, run its lens, choose the first kind of files, look at diagnostics. */
const inNeovim = `
vim.ui.select = function(items, options, chosen)
  io.stdout:write('ask: ' .. options.prompt .. '\\n')
  chosen(items[1], 1)
end
vim.fn.inputlist = function(lines) io.stdout:write('ask: ' .. lines[1] .. '\\n') return 1 end
local function wait(what, done)
  if not vim.wait(120000, done, 20) then io.stdout:write('waited for ' .. what .. '\\n') vim.cmd('cquit') end
end
vim.cmd('edit shout.mjs')
if vim.bo.filetype ~= 'javascript' then vim.bo.filetype = 'javascript' end
wait('a lens', function() return #vim.lsp.codelens.get(vim.api.nvim_get_current_buf()) > 0 end)
for _, lens in ipairs(vim.lsp.codelens.get(vim.api.nvim_get_current_buf())) do
  io.stdout:write(string.format('lens: %d %s\\n', lens.range.start.line + 1, lens.command.title))
end
vim.lsp.codelens.run()
wait('a diagnostic', function() return #vim.diagnostic.get(0) > 0 end)
for _, found in ipairs(vim.diagnostic.get(0)) do
  io.stdout:write(string.format('problem: %d %s\\n', found.lnum + 1, found.message))
end
vim.cmd('qall!')
`;

const inEmacs = `
(setq eglot-autoshutdown nil eglot-confirm-server-initiated-edits nil)
(defun completing-read (prompt choices &rest _)
  (princ (format "ask: %s\\n" prompt))
  (let ((first (car (if (functionp choices) (funcall choices "" nil t) choices))))
    (if (consp first) (car first) first)))
(find-file "shout.mjs")
(js-mode)
(defun polyproc-test-wait (what done)
  (let ((end (+ (float-time) 120)))
    (while (not (funcall done))
      (when (> (float-time) end) (princ (format "waited for %s\\n" what)) (kill-emacs 1))
      (accept-process-output nil 0.05))))
(apply #'eglot--connect (eglot--guess-contact))
(polyproc-test-wait "a server" #'eglot-current-server)
(polyproc-map (car (polyproc-lenses)))
(defvar polyproc-test-found nil)
(polyproc-test-wait
 "a diagnostic"
 (lambda ()
   (eglot-flymake-backend (lambda (found &rest _) (when found (setq polyproc-test-found found))))
   polyproc-test-found))
(dolist (found polyproc-test-found)
  (princ (format "problem: %d %s\\n" (line-number-at-pos (flymake-diagnostic-beg found))
                 (flymake-diagnostic-text found))))
(kill-emacs 0)
`;

const editors = [
  {
    name: "Neovim",
    tool: "nvim",
    program: "nvim",
    setup: "neovim.lua",
    script: "use.lua",
    text: inNeovim,
    args: (setup: string, script: string) => ["--headless", "--clean", "-S", setup, "-S", script],
  },
  {
    name: "Emacs",
    tool: "emacs with eglot",
    program: "emacs",
    setup: "emacs.el",
    script: "use.el",
    text: inEmacs,
    args: (setup: string, script: string) => ["--batch", "-l", setup, "-l", script],
  },
] as const;

for (const editor of editors) {
  describe(`the language server in ${editor.name}`, needs(editor.tool), () => {
    const setup = join(root, "examples", "editors", "lsp", editor.setup);

    async function use(t: TestContext): Promise<Finished> {
      const home = realpathSync(temporaryFolder(t));
      const folder = join(home, "work");
      mkdirSync(folder);
      const address = `unix:${join(home, "run", "p.sock")}`;
      await startServer(t, ["--listen", address]);
      for (const name of ["a", "b", "c"]) writeFileSync(join(folder, `${name}.txt`), name);
      writeFileSync(
        join(folder, "shout.mjs"),
        'export function shout(file) {\n  if (file.endsWith("b.txt")) throw new RangeError("no b");\n  return 1;\n}\n',
      );
      const script = join(home, editor.script);
      writeFileSync(script, editor.text);
      const env = { ...ownHome(home), POLYPROC: commandIn(home), POLYPROC_ADDRESS: address };
      return runProgram(editor.program, editor.args(setup, script), { cwd: folder, env });
    }

    it("finds the function, maps it over the files that the user chooses, and shows what failed", async (t) => {
      const { status, stdout, stderr } = await use(t);
      assert.equal(status, 0, stdout + stderr);
      const all = stdout + stderr;
      assert.match(all, /ask: .*Map shout over which files\?/);
      assert.match(all, /problem: 2 (?:polyproc: )?RangeError: no b/);
    });

    it("is set up in 30 lines", () => {
      assert.ok(readFileSync(setup, "utf8").trimEnd().split("\n").length <= 30);
    });
  });
}
