import { inspect } from "node:util";
import type { RunItem, RunRequest } from "./runs/run.js";

/**
 * Checks the request of another extension, which may be plain JavaScript. It checks the members that the window uses;
 * the server checks target and options. Fills in missing labels and files of items. Throws TypeError.
 */
export function checkRequest(request: Omit<RunRequest, "origin">): Omit<RunRequest, "origin"> {
  const { name, target, cwd, env, items, options } = (request ?? {}) as Partial<typeof request>;
  if (typeof name !== "string") throw wrong("name", "a text", name);
  if (typeof target !== "object" || target === null)
    throw wrong("target", "an object, such as { module, export } or { command, args }", target);
  if (cwd !== undefined && typeof cwd !== "string") throw wrong("cwd", "the absolute path of a folder", cwd);
  if (env !== undefined && (typeof env !== "object" || env === null))
    throw wrong("env", "an object of texts, null removes a variable", env);
  if (!Array.isArray(items)) throw wrong("items", "an array of { value, label, file }", items);
  if (options !== undefined && (typeof options !== "object" || options === null))
    throw wrong("options", "an object", options);
  return {
    name,
    target,
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env }),
    items: items.map(checkItem),
    options: options ?? {},
  };
}

function checkItem(item: Partial<RunItem> | null, index: number): RunItem {
  if (typeof item !== "object" || item === null || !("value" in item))
    throw wrong(`items[${index}]`, "an object { value, label, file }", item);
  const {
    value,
    label = typeof value === "string" ? value : inspect(value, { breakLength: Infinity }),
    file = null,
  } = item;
  if (typeof label !== "string") throw wrong(`items[${index}].label`, "a text", label);
  if (file !== null && typeof file !== "string") throw wrong(`items[${index}].file`, "an absolute path or null", file);
  return { value, label, file };
}

function wrong(what: string, expected: string, value: unknown): TypeError {
  return new TypeError(
    `${what} must be ${expected}; got ${inspect(value, { depth: 1, breakLength: Infinity }).slice(0, 100)} ` +
      `(${value === null ? "null" : typeof value})`,
  );
}
