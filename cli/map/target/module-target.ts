import { existsSync, readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { packageEntry } from "../../../bindings/typescript/host/typescript/package-entry.js";
import { moduleEnding } from "../../../protocol/module-ending.js";
import type { ModuleTarget } from "../../../protocol/target.js";
import { UsageError } from "../../usage-error.js";

/**
 * The target for the function of a map: of a file, or of a package that is installed for this folder. Throws UsageError
 * if it should be on this machine and is missing.
 * `interpreter`: a path, or a name that is looked for on PATH.
 */
export function moduleTarget(
  file: string,
  name: string | undefined,
  isLocal: boolean,
  interpreter?: string,
): ModuleTarget {
  const path = file.startsWith("file:") ? file : resolve(file);
  const module = (isLocal && !existsSync(path) ? installedPackage(file) : undefined) ?? path;
  if (isLocal) requireFile(module, file);
  return {
    module,
    ...(name === undefined ? {} : { export: name }),
    ...(interpreter === undefined ? {} : { interpreter: isPath(interpreter) ? resolve(interpreter) : interpreter }),
  };
}

/** A package's name and, with a leading dot, what is meant inside of it. */
const packageName = /^((?:@[\w.~-]+\/)?[\w~-][\w.~-]*)(\/.+)?$/;

/** The file that `import` loads for a package's name, such as `ms` or `@scope/name/part`. */
function installedPackage(name: string): string | undefined {
  const [, base, part = ""] = packageName.exec(name) ?? [];
  if (base === undefined) return undefined;
  const folder = resolve("package.json");
  const entry = packageEntry(base, `.${part}`, folder);
  if (entry !== undefined && statSync(entry, { throwIfNoEntry: false })?.isFile()) return entry;
  try {
    // What `exports` describes by a pattern, and a main file that is a folder or lacks its ending.
    return createRequire(folder).resolve(name);
  } catch {
    return undefined;
  }
}

function requireFile(module: string, given: string): void {
  const path = module.startsWith("file:") ? fileURLToPath(module) : module;
  const isThere = existsSync(path);
  if (isThere && !statSync(path).isDirectory()) return;
  const [, file = "", name] = /^(.+):([A-Za-z_$][\w$.]*)$/.exec(given) ?? [];
  if (!isThere && name !== undefined && existsSync(file))
    throw new UsageError(
      `--module: there is no file ${path}; for ${name} of ${file} write --module ${file} --export ${name}`,
    );
  const problem = isThere ? `${path} is a folder` : `there is no file ${path}`;
  const starts = isThere ? [resolve(path, "index"), resolve(path, "__init__")] : [path, ...dotted(given)];
  const meant = starts.flatMap(withEnding)[0];
  const elsewhere = !isThere && packageName.test(given) ? `, and no package ${given} is installed for this folder` : "";
  throw new UsageError(
    `--module: ${problem}${elsewhere}; ${meant ? `there is ${meant}` : "name the file that has the function"}`,
  );
}

/** Where a Python module that is named as in an import usually is: `package.module` in this folder, or in its `src`. */
function dotted(name: string): string[] {
  if (!/^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+$/.test(name)) return [];
  const inside = name.replaceAll(".", sep);
  return ["", "src"].flatMap((around) => [resolve(around, inside), resolve(around, inside, "__init__")]);
}

/** The files that an import of `path` without an ending could mean. */
function withEnding(path: string): string[] {
  const folder = dirname(path);
  const start = basename(path);
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const meant = names.filter(
    (name) => name.startsWith(start) && moduleEnding.exec(name.slice(start.length))?.index === 0,
  );
  return meant.map((name) => resolve(folder, name));
}

function isPath(program: string): boolean {
  return program.includes("/") || program.includes(sep);
}
