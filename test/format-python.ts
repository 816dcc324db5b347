/**
 * Formats the repository's Python sources as `ruff format` does; with `--check` lists those that differ, and exits with
 * 1.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "@wasm-fmt/ruff_fmt";
import { root } from "./fixture.js";

const check = process.argv.includes("--check");
const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.py", "*.pyi"], {
  cwd: root,
  encoding: "utf8",
});
let different = 0;
for (const path of listed.split("\0")) {
  const file = join(root, path);
  if (path === "" || !existsSync(file)) continue;
  const source = readFileSync(file, "utf8");
  const formatted = format(source, path, { line_width: 120 });
  if (formatted === source) continue;
  different++;
  if (check) console.log(path);
  else writeFileSync(file, formatted);
}
if (check && different > 0) console.log(`${different} Python files are not formatted: run npm run format`);
process.exitCode = check && different > 0 ? 1 : 0;
