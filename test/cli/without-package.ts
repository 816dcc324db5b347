import { noServer } from "./polyproc.js";

/** The environment of a Node that does not find this package, as if it was not installed. */
export function withoutPackage(name: string): Record<string, string | undefined> {
  const hook = `export function resolve(wanted, context, next) {
    if (wanted === "${name}" || wanted.startsWith("${name}/")) throw new Error("Cannot find package '${name}'");
    return next(wanted, context);
  }`;
  const hooks = `data:text/javascript,${encodeURIComponent(hook)}`;
  const register = `import { register } from "node:module"; register("${hooks}");`;
  return { ...noServer, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(register)}` };
}
