import { execFile } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { compiled } from "../fixture.js";

const run = promisify(execFile);
const variable = "POLYPROC_TEST_VSIX";

/**
 * Path of the packaged extension: the one that the runner made for the whole run, or one that is made now, in `folder`.
 */
export async function packagedExtension(folder: string): Promise<string> {
  return process.env[variable] ?? packageInto(folder);
}

/** For all test files that `environment` is given to. Returns a note on its size. */
export async function packageForRun(folder: string, environment: NodeJS.ProcessEnv): Promise<string> {
  const path = await packageInto(folder);
  environment[variable] = path;
  return `the packaged extension has ${(statSync(path).size / 1000).toFixed(0)} kB`;
}

/** As `npm run package` does it, which fails when the result is too large. */
async function packageInto(folder: string): Promise<string> {
  await run(process.execPath, [compiled("extension/build/main"), "package", folder]);
  return join(
    folder,
    readdirSync(folder).find((name) => name.endsWith(".vsix"))!,
  );
}
