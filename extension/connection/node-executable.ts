import { execFile, type ExecFileException } from "node:child_process";
import * as nodeModule from "node:module";
import { isSupportedNode, projectNode, whyUnused } from "../../bindings/typescript/session/project-node.js";
import { type AskedNode, lackOf, nodeNeeds } from "./node-needs.js";

const answerMs = 10_000;

/** A Node.js to run the server with. */
export interface NodeExecutable {
  path: string;
  version: string;
  /** Variables to add to its environment. */
  env: Record<string, string>;
  /** How it was found, for the log. */
  from: "setting" | "project" | "PATH" | "editor";
  /** Why it is not the one that the project names, for the log; null if there is nothing to tell. */
  note: string | null;
}

/**
 * Finds the Node.js that runs the server, and with it JavaScript and TypeScript functions. The setting comes first.
 * Otherwise the first of these that can run the functions of the folder: the version that the project names (.nvmrc and
 * the like), if it is installed; `node` on the PATH, which runs the user's scripts elsewhere; the editor's own. If none
 * can, the first that can run the server. Rejects if the setting names no Node.js, or one that is too old.
 */
export async function findNode(
  setting: string,
  cwd: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<NodeExecutable> {
  if (setting !== "") {
    const found = await ask(setting, cwd, env);
    if (found instanceof Error)
      throw new Error(
        `the setting polyproc.nodePath names ${setting}, which does not answer as Node.js (${found.message}): ` +
          "correct it, or leave it empty",
      );
    if (!isSupportedNode(found.version))
      throw new Error(
        `the setting polyproc.nodePath names ${setting}, which is Node.js ${found.version}; ` +
          "20.19 or newer is needed",
      );
    return { path: found.path, version: found.version, env: {}, from: "setting", note: null };
  }
  const notes: string[] = [];
  const needs = nodeNeeds(cwd);
  let fallback: NodeExecutable | null = null;
  for await (const { node, ...rest } of candidates(cwd, env, notes)) {
    const executable = { path: node.path, version: node.version, ...rest };
    const lack = lackOf(node, needs);
    if (lack === null) return { ...executable, note: notes.join("; ") || null };
    notes.push(lack);
    fallback ??= { ...executable, note: null };
  }
  // The editor's own is always there.
  return { ...fallback!, note: [...new Set(notes)].join("; ") };
}

type Candidate = Pick<NodeExecutable, "env" | "from"> & { node: AskedNode };

/** Those that can run the server, the best first. `notes`: why one is not among them. */
async function* candidates(cwd: string, env: NodeJS.ProcessEnv, notes: string[]): AsyncGenerator<Candidate> {
  const named = projectNode(cwd, env);
  const unused = named && whyUnused(named);
  if (unused !== null) notes.push(unused);
  if (named?.found && unused === null) {
    const node = await ask(named.found.path, cwd, env);
    if (!(node instanceof Error)) yield { node, env: {}, from: "project" };
    else notes.push(`${named.found.path}, which ${named.file} means, does not answer as Node.js (${node.message})`);
  }
  const node = await ask("node", cwd, env);
  if (!(node instanceof Error) && isSupportedNode(node.version)) yield { node, env: {}, from: "PATH" };
  yield {
    node: { path: process.execPath, version: process.versions.node, strips: "stripTypeScriptTypes" in nodeModule },
    // Under Electron the executable is Node only when told so.
    env: process.versions["electron"] === undefined ? {} : { ELECTRON_RUN_AS_NODE: "1" },
    from: "editor",
  };
}

const question =
  "process.versions.node + '\\n' + process.execPath + '\\n' + typeof require('module').stripTypeScriptTypes";

/** Asks the program for its own path: a version manager's program on the PATH then names the Node.js that it starts. */
function ask(program: string, cwd: string, env: NodeJS.ProcessEnv): Promise<AskedNode | Error> {
  return new Promise((answer) => {
    execFile(program, ["-p", question], { cwd, env, timeout: answerMs, encoding: "utf8" }, (error, stdout) => {
      const [version = "", path = "", strip] = stdout.trim().split("\n");
      if (error) answer(new Error(howItFailed(error)));
      else if (!/^\d+\.\d+\.\d+/.test(version) || path === "")
        answer(new Error(`it printed ${JSON.stringify(stdout.slice(0, 100))}`));
      else answer({ path, version, strips: strip === "function" });
    });
  });
}

/** The user does not need the arguments of the test call. */
function howItFailed({ code, killed, signal }: ExecFileException): string {
  if (killed) return `no answer for ${answerMs / 1000} s`;
  if (code === "ENOENT") return "there is no such program";
  if (code === "EACCES") return "it may not be run: EACCES";
  return signal ? `ended by ${signal}` : typeof code === "number" ? `exit code ${code}` : String(code);
}
