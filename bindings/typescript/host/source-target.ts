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
    return exportsOf(`${helpersFor(source)}module.exports = (${source}\n)`, file);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    try {
      // The text of a method, such as `method() { … }`, is valid only inside an object.
      return Object.values(exportsOf(`${helpersFor(source)}module.exports = ({${source}\n})`, file) as object)[0];
    } catch {
      throw new PolyprocError(
        "TargetNotFound",
        `the source text is not a JavaScript function: ${withoutFrames(error.stack ?? error.message)}`,
      );
    }
  }
}

/**
 * Functions that compilers write into the text of others, and define at the top of the file: esbuild and tsx (`__name`,
 * `__toESM`), typescript (`__importStar`, `__importDefault`).
 */
const helpers: Readonly<Record<string, string>> = {
  __name: '(target, value) => Object.defineProperty(target, "name", { value, configurable: true })',
  __toESM: "(loaded) => namespaceOf(loaded)",
  __importStar: "(loaded) => namespaceOf(loaded)",
  __importDefault: "(loaded) => (loaded && loaded.__esModule ? loaded : { default: loaded })",
};

/** What `import()` gives for a module that `require` has loaded. */
const namespaceOf =
  "const namespaceOf = (loaded) => (loaded && loaded.__esModule ? loaded : { ...loaded, default: loaded });";

/** On one line with the text, whose lines keep their numbers. */
function helpersFor(source: string): string {
  const used = Object.keys(helpers).filter((name) => new RegExp(`(?<![\\w$.])${name}\\(`).test(source));
  if (used.length === 0) return "";
  return `${namespaceOf} ${used.map((name) => `const ${name} = ${helpers[name]};`).join(" ")} `;
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
