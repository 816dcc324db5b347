import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { isAbsolute, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { packageEntry } from "../host/typescript/package-entry.js";

/** Options that are for the one program that was started with them: a worker runs another program. */
const personal = new RegExp(
  "^(?:-[eipc]|-pe|--(?:eval|print|interactive|check|input-type|watch\\S*|test\\S*|" +
    "experimental-test\\S*|run|build-snapshot\\S*))$",
);
/** Options of the inspector. Two processes cannot have one port, so no process inherits them. */
const inspector = /^--(?:inspect\S*|debug-port)$/;
/** Those among them that may be followed by a value. */
const personalWithValue = new RegExp(
  "^(?:-[ep]|-pe|--(?:eval|print|input-type|watch-path|test-(?:reporter|reporter-destination|name-pattern|" +
    "skip-pattern|concurrency|timeout|shard)))$",
);
/** Options that name modules. */
const modules = /^(?:-r|--require|--import|--loader|--experimental-loader)$/;
/** Others that may be followed by a value, in an argument of its own. */
const withValue = new RegExp(
  "^(?:-C|--(?:conditions|env-file|env-file-if-exists|icu-data-dir|title|unhandled-rejections|inspect-port|" +
    "inspect-publish-uid|debug-port))$",
);

let own: { argv: readonly string[]; options: string[] } | undefined;

/** This process's own options of Node, as its workers get them. */
export function inheritedExecArgv(): string[] {
  if (own?.argv !== process.execArgv) own = { argv: process.execArgv, options: toWorkerOptions(process.execArgv) };
  return own.options;
}

/** A list that the user gives. The inspector's options in it are meant, unless they are copied from this process. */
export function givenExecArgv(argv: readonly string[]): string[] {
  return toWorkerOptions(argv, (argument) => !process.execArgv.includes(argument));
}

/**
 * Options of Node for workers: each in one text; modules by their paths, because a worker may run in another folder.
 */
function toWorkerOptions(argv: readonly string[], mayInspect: (argument: string) => boolean = () => false): string[] {
  const options: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i]!;
    if (isWrapper(argument)) break;
    const [name, ...rest] = argument.split("=") as [string, ...string[]];
    let value = rest.length > 0 ? rest.join("=") : undefined;
    const takesValue = modules.test(name) || withValue.test(name) || personalWithValue.test(name);
    if (value === undefined && takesValue && i + 1 < argv.length) value = argv[++i]!;
    if (personal.test(name) || (inspector.test(name) && !mayInspect(argument))) continue;
    if (value === undefined) options.push(name);
    else options.push(...joined(name, modules.test(name) ? moduleValue(name, value) : value));
  }
  return options;
}

/**
 * A program that runs this one, such as ts-node's: it adds itself and its options to `process.execArgv`, so that `fork`
 * runs it, too. A worker host is no program for it.
 */
function isWrapper(argument: string): boolean {
  return isAbsolute(argument) && /\.[cm]?js$/.test(argument) && existsSync(argument);
}

/** Node takes no `=` after short options. */
function joined(name: string, value: string): string[] {
  if (name === "-r") return [`--require=${value}`];
  if (name === "-C") return [`--conditions=${value}`];
  return [`${name}=${value}`];
}

function moduleValue(name: string, value: string): string {
  const byRequire = name === "-r" || name === "--require";
  if (/^\.{1,2}[/\\]/.test(value)) return byRequire ? resolve(value) : pathToFileURL(resolve(value)).href;
  if (isAbsolute(value) || /^[a-z][a-z0-9+.-]+:/i.test(value)) return value;
  const here = join(process.cwd(), "_");
  try {
    if (byRequire) return createRequire(here).resolve(value);
    const [, packageName, subpath] = /^((?:@[^/]+\/)?[^/]+)(.*)$/.exec(value)!;
    const entry = packageEntry(packageName!, `.${subpath!}`, here);
    return entry === undefined ? value : pathToFileURL(entry).href;
  } catch {
    return value;
  }
}
