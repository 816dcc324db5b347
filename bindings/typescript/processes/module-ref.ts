import { pathToFileURL } from "node:url";

/** How a module names itself: `import.meta`, or `module` in CommonJS. */
export type ModuleRef = { url: string } | { filename: string };

/** The module's URL. Throws a TypeError unless the module is a file. */
export function urlOfModule(ref: ModuleRef): string {
  const { url, filename } = (ref ?? {}) as { url?: unknown; filename?: unknown };
  if (typeof url === "string" && url.startsWith("file:")) return url;
  if (url === undefined && typeof filename === "string") return pathToFileURL(filename).href;
  throw new TypeError(
    typeof url === "string"
      ? `expected the import.meta of a module that is a file, got the url ${JSON.stringify(url)}`
      : "expected import.meta, or module in CommonJS, got neither: a bundle in CommonJS format has an empty " +
          "import.meta; name the module instead ({ module, export }), or bundle as an ES module (docs/bundling.md)",
  );
}

/**
 * The name by which a CommonJS module exports a value now. Undefined for other modules, and for what a getter returns:
 * it may not be initialized yet.
 */
export function exportedName(ref: ModuleRef, value: unknown): string | undefined {
  const { exports } = (ref ?? {}) as { exports?: unknown };
  if (exports === value && value !== undefined) return "default";
  if (typeof exports !== "object" || exports === null) return undefined;
  const members = Object.entries(Object.getOwnPropertyDescriptors(exports) as Record<string, PropertyDescriptor>);
  return members.find(([, member]) => member.value === value)?.[0];
}
