import { createRequire } from "node:module";
import { join } from "node:path";
import { constants, Script } from "node:vm";
import { PolyprocError } from "../../../protocol/errors.js";
import type { SourceTarget } from "../../../protocol/target.js";
import { callableOf, type Callable } from "./callable.js";

/** Makes a function of its text. `import()` and `require` in it resolve against `cwd`. */
export function loadSourceTarget({ source, cwd = process.cwd() }: SourceTarget): Callable {
  const place = join(cwd, "[source text]");
  const require = createRequire(place);
  const value = evaluate(`(${source}\n)`, place, require) ?? shorthand(source, place, require) ?? report(source, place);
  const callable = callableOf(value, undefined, true);
  if (callable) return callable;
  throw new PolyprocError("TargetNotFound", `the source text is not a function but of type ${typeof value}: ${source.slice(0, 80)}`);
}

/** What `method() { … }` of an object or a class is as text. */
function shorthand(source: string, place: string, require: NodeJS.Require): unknown {
  const holder = evaluate(`({${source}\n})`, place, require) as Record<string, unknown> | undefined;
  return holder === undefined ? undefined : Object.values(holder)[0];
}

/** Undefined when the text cannot be parsed. */
function evaluate(text: string, place: string, require: NodeJS.Require): unknown {
  const script = compile(text, place);
  if (script instanceof SyntaxError) return undefined;
  return (script.runInThisContext() as (require: NodeJS.Require) => unknown)(require);
}

function compile(text: string, place: string): Script | SyntaxError {
  try {
    return new Script(`(function (require) { return ${text}; })`, {
      filename: place,
      importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    });
  } catch (error) {
    if (error instanceof SyntaxError) return error;
    throw error;
  }
}

function report(source: string, place: string): never {
  const error = compile(`(${source}\n)`, place);
  throw new PolyprocError("TargetNotFound", `the source text is not a JavaScript function: ${error instanceof SyntaxError ? (error.stack ?? error.message) : source.slice(0, 80)}`);
}

/** Why a function that runs well where it was written may fail as text. */
export function explainReferenceError(error: unknown): unknown {
  if (!(error instanceof ReferenceError)) return error;
  error.message += " (the function was sent as source text: it sees only globals and its arguments; import what it needs inside of it, or export it from a module)";
  return error;
}
