import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { difference, generatedFiles } from "./files.js";

/**
 * `npm run generate`: writes what is made from protocol/*.ts. With `--check`, only says what is out of date, and exits
 * with 1.
 */
const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });
const outdated = (await generatedFiles()).flatMap((file) => {
  const trouble = difference(file);
  return trouble === undefined ? [] : [{ file, trouble }];
});

if (values.check) {
  for (const { trouble } of outdated) console.error(trouble);
  if (outdated.length > 0) {
    console.error("The protocol's files are out of date: run `npm run generate` and commit what it writes.");
    process.exitCode = 1;
  }
} else {
  for (const { file } of outdated) {
    mkdirSync(path.dirname(file.path), { recursive: true });
    writeFileSync(file.path, file.text);
    console.log(`wrote ${path.relative(process.cwd(), file.path)}`);
  }
  if (outdated.length === 0) console.log("everything is up to date");
}
