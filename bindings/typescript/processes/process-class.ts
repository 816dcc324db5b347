import { fileURLToPath, pathToFileURL } from "node:url";
import type { Process } from "./process.js";

type ProcessClass = abstract new (...args: never[]) => Process;

const registered = new Map<ProcessClass, string>();

/**
 * Says which module defines a subclass of Process, so that the child can load it. Needed only where that is not found
 * by itself: a class that its module does not export, or whose instances another module makes. Call it beside the
 * class:
 *
 * ```ts
 * class Worker extends Process { … }
 * registerProcess(import.meta, Worker);
 * ```
 */
export function registerProcess(meta: { url: string }, processClass: ProcessClass): void {
  registered.set(processClass, meta.url);
}

/** The classes that a module registered. */
export function registeredClass(url: string, name: string): ProcessClass | undefined {
  for (const [processClass, definedIn] of registered) {
    if (definedIn === url && processClass.name === name) return processClass;
  }
  return undefined;
}

const found = new WeakMap<ProcessClass, string | null>();

/**
 * URL of the module that defines a subclass: registered, or that of the constructor's place in the call stack; a class
 * without a constructor of its own counts as defined where its first instance is made. Null when it cannot be told.
 * Call it from Process's constructor.
 */
export function moduleOfClass(processClass: ProcessClass): string | null {
  const known = registered.get(processClass) ?? found.get(processClass);
  if (known !== undefined) return known;
  const url = locate(processClass);
  found.set(processClass, url);
  return url;
}

function locate(processClass: ProcessClass): string | null {
  const sites = callSites();
  const own = sites.find((site) => site.isConstructor() && site.getFunctionName() === processClass.name);
  const file = own?.getFileName() ?? sites.find((site) => !isOurs(site))?.getFileName();
  if (!file) return null;
  if (file.startsWith("file:")) return file;
  return file.startsWith("/") || /^[A-Za-z]:[\\/]/.test(file) ? pathToFileURL(file).href : null;
}

const ourFolder = new URL(".", import.meta.url).href;

/** Frames of this package, of the language itself, and of constructors between the class and Process. */
function isOurs(site: NodeJS.CallSite): boolean {
  const file = site.getFileName();
  if (!file || file.startsWith("node:")) return true;
  const url = file.startsWith("file:") ? file : pathToFileURL(file).href;
  return url.startsWith(ourFolder) || site.isConstructor();
}

function callSites(): NodeJS.CallSite[] {
  const before = { prepare: Error.prepareStackTrace?.bind(Error), limit: Error.stackTraceLimit };
  try {
    Error.stackTraceLimit = 50;
    Error.prepareStackTrace = (_, sites) => sites;
    return new Error().stack as unknown as NodeJS.CallSite[];
  } finally {
    Error.prepareStackTrace = before.prepare;
    Error.stackTraceLimit = before.limit;
  }
}

/** For messages: a path where there is one. */
export function shownModule(url: string): string {
  return url.startsWith("file:") ? fileURLToPath(url) : url;
}
