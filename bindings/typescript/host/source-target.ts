import Module from "node:module";
import { dirname, join } from "node:path";
import { PolyprocError } from "../../../protocol/errors.js";
import type { SourceTarget } from "../../../protocol/target.js";
import { callableOf, type Callable } from "./callable.js";
import { withoutFrames } from "./stack.js";

/**
 * Compiles a function from its source text, as if it were in a CommonJS module in `cwd`: `import()` and `require`
 * resolve from there.
 */
export function loadSourceTarget({ source, cwd = process.cwd() }: SourceTarget): Callable {
  const file = join(cwd, "[source text]");
  const value = evaluate(source, file);
  const callable = callableOf(value, undefined, true);
  if (callable) return callable;
  throw new PolyprocError(
    "TargetNotFound",
    `the source text is not a function but of type ${typeof value}: ${source.slice(0, 80)}`,
  );
}

function evaluate(source: string, file: string): unknown {
  try {
    return exportsOf(`module.exports = (${source}\n)`, file);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    try {
      // The text of a method, such as `method() { … }`, is valid only inside an object.
      return Object.values(exportsOf(`module.exports = ({${source}\n})`, file) as object)[0];
    } catch {
      throw new PolyprocError(
        "TargetNotFound",
        `the source text is not a JavaScript function: ${withoutFrames(error.stack ?? error.message)}`,
      );
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

/** Not in Node's types, but stable: Node's own loaders and many tools use it. */
interface CompilableModule extends NodeJS.Module {
  _compile(text: string, file: string): void;
}
