import { dirname, extname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { projectNode, whyUnused } from "../../../bindings/typescript/session/project-node.js";

/** Which Node runs a module's function, and what to tell of the choice. */
export interface ChosenNode {
  path: string;
  /** Null: it is the Node of the command line, and nothing asks for another one. */
  note: string | null;
}

/** The Node that the module's project names, if it is installed; otherwise that of the command line. */
export function chooseNode(module: string): ChosenNode {
  const own = { path: process.execPath, note: null };
  // Without an ending it is an installed package, which is JavaScript.
  if (!/^(?:\.[cm]?[jt]sx?)?$/.test(extname(module))) return own;
  const path = module.startsWith("file:") ? fileURLToPath(module) : resolve(module);
  const project = projectNode(dirname(path));
  if (project === null) return own;
  const { file, found } = project;
  const why = whyUnused(project);
  if (found === null || why !== null) return { ...own, note: `${why}: the function runs in Node ${process.version}` };
  if (found.path === process.execPath) return own;
  return { path: found.path, note: `the function runs in Node v${found.version} (${found.path}), as ${file} says` };
}
