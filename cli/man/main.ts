import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { commands } from "../commands.js";
import { loadCommand } from "../load-command.js";
import { program } from "../program.js";
import { manPages } from "./man-pages.js";

/* Writes the manual pages into the folder that the first argument names, for the npm package. */

const folder = process.argv[2];
if (folder === undefined) throw new Error("name the folder for the manual pages");
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const all = await program([], () => {}, Object.keys(commands), loadCommand);
for (const [name, text] of manPages(all)) writeFileSync(join(folder, name), text);
