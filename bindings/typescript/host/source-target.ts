import Module from "node:module";
import { dirname, join } from "node:path";
import { PolyprocError } from "../../../protocol/errors.js";
import type { SourceTarget } from "../../../protocol/target.js";
import { callableOf, type Callable } from "./callable.js";
import { withoutFrames } from "./stack.js";

/**
 * Makes a function of its text, as a CommonJS module in `cwd` would have it: `import()` and `require` in it resolve
 * from there.
 */
export function loadSourceTarget({ source, cwd = process.cwd() }: SourceTarget): Callable {
  const file = join(cwd, "[source text]");
  const value = evaluate(source, file);
  const callable = callableOf(value, undefined, true);
  if (callable) return callable;
  throw new PolyprocError("TargetNotFound", `the source text is not a function but of type ${typeof value}: ${source.slice(0, 80)}`);
}

function evaluate(source: string, file: string): unknown {
  try {
    return exportsOf(`module.exports = (${source}\n)`, file);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    try {
      // What `method() { … }` of an object or a class is as text.
      return Object.values(exportsOf(`module.exports = ({${source}\n})`, file) as object)[0];
    } catch {
      throw new PolyprocError("TargetNotFound", `the source text is not a JavaScript function: ${withoutFrames(error.stack ?? error.message)}`);
    }
  }
}

function exportsOf(text: string, file: string): unknown {
  const module = new Module(file) as CompilableModule;
  module.filename = file;
  module.paths = (Module as unknown as { _nodeModulePaths(from: string): string[] })._nodeModulePaths(dirname(file));
  module._compile(text, file);
  return module.exports;
}

/** What Node's own loaders use, and tools that load text have used ever since. */
interface CompilableModule extends NodeJS.Module {
  _compile(text: string, file: string): void;
}
