import { execFile, type ExecFileException } from "node:child_process";
import { isSupportedNode, projectNode, whyUnused } from "../../bindings/typescript/session/project-node.js";

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
 * Finds the Node.js that runs the server, and with it JavaScript and TypeScript functions. The first of these counts:
 * the setting; the version that the project names (.nvmrc and the like), if it is installed; `node` on the PATH, which
 * runs the user's scripts elsewhere; the editor's own. Rejects if the setting names no Node.js, or one that is too old.
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
    return { ...found, env: {}, from: "setting", note: null };
  }
  const named = projectNode(cwd, env);
  let note = named && whyUnused(named);
  if (named?.found && note === null) {
    const project = await ask(named.found.path, cwd, env);
    if (!(project instanceof Error)) return { ...project, env: {}, from: "project", note };
    note = `${named.found.path}, which ${named.file} means, does not answer as Node.js (${project.message})`;
  }
  const found = await ask("node", cwd, env);
  if (!(found instanceof Error) && isSupportedNode(found.version)) return { ...found, env: {}, from: "PATH", note };
  // Under Electron the executable is Node only when told so.
  return {
    path: process.execPath,
    version: process.versions.node,
    env: process.versions["electron"] === undefined ? {} : { ELECTRON_RUN_AS_NODE: "1" },
    from: "editor",
    note,
  };
}

/** Asks the program for its own path: a version manager's program on the PATH then names the Node.js that it starts. */
function ask(program: string, cwd: string, env: NodeJS.ProcessEnv): Promise<{ path: string; version: string } | Error> {
  return new Promise((answer) => {
    execFile(
      program,
      ["-p", "process.versions.node + '\\n' + process.execPath"],
      { cwd, env, timeout: answerMs, encoding: "utf8" },
      (error, stdout) => {
        const [version = "", path = ""] = stdout.trim().split("\n");
        if (error) answer(new Error(howItFailed(error)));
        else if (!/^\d+\.\d+\.\d+/.test(version) || path === "")
          answer(new Error(`it printed ${JSON.stringify(stdout.slice(0, 100))}`));
        else answer({ path, version });
      },
    );
  });
}

/** The user does not need the arguments of the test call. */
function howItFailed({ code, killed, signal }: ExecFileException): string {
  if (killed) return `no answer for ${answerMs / 1000} s`;
  if (code === "ENOENT") return "there is no such program";
  if (code === "EACCES") return "it may not be run: EACCES";
  return signal ? `ended by ${signal}` : typeof code === "number" ? `exit code ${code}` : String(code);
}
