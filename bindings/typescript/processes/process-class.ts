import { fileURLToPath, pathToFileURL } from "node:url";

/** A subclass of Process. Process itself imports this file. */
export type ProcessClass = abstract new (...args: never[]) => object;

const registered = new Map<ProcessClass, string>();

/** Records which module defines a class (`registerProcess`). */
export function recordModule(processClass: ProcessClass, url: string): void {
  registered.set(processClass, url);
}

/** The class that a module registered under this name. */
export function registeredClass(url: string, name: string): ProcessClass | undefined {
  for (const [processClass, definedIn] of registered) {
    if (definedIn === url && processClass.name === name) return processClass;
  }
  return undefined;
}

const found = new WeakMap<ProcessClass, string | null>();

/**
 * URL of the module that defines a subclass: the registered one, or the place of its constructor in the call stack. A
 * class without a constructor counts as defined where its first instance is created. Null if the module cannot be
 * found. Call it from Process's constructor.
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

const ourFolder = new URL("..", import.meta.url).href;

/** Frames of this package, of Node, and of constructors between the class and Process. */
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

/** For messages: the path of a `file:` URL, otherwise the URL. */
export function shownModule(url: string): string {
  return url.startsWith("file:") ? fileURLToPath(url) : url;
}
