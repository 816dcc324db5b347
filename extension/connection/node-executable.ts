import { execFile, type ExecFileException } from "node:child_process";
import { isSupportedNode, projectNode } from "../../bindings/typescript/session/project-node.js";

const answerMs = 10_000;

/** A Node.js to run the server with. */
export interface NodeExecutable {
  path: string;
  version: string;
  /** To add to its environment. */
  env: Record<string, string>;
  /** How it was found, for the log. */
  from: "setting" | "project" | "PATH" | "editor";
}

/**
 * Which Node.js runs the server, and with it JavaScript and TypeScript functions: that of the setting; else the one
 * that the project names (.nvmrc and the like), if it is installed; else `node` of the PATH, which is what the user's
 * scripts run with elsewhere; else the editor's own. Rejects when the setting names
 * none that will do.
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
    return { ...found, env: {}, from: "setting" };
  }
  const named = projectNode(cwd, env)?.found;
  const project = named && isSupportedNode(named.version) ? await ask(named.path, cwd, env) : null;
  if (project && !(project instanceof Error)) return { ...project, env: {}, from: "project" };
  const found = await ask("node", cwd, env);
  if (!(found instanceof Error) && isSupportedNode(found.version)) return { ...found, env: {}, from: "PATH" };
  // Under Electron the executable is Node only when told so.
  return {
    path: process.execPath,
    version: process.versions.node,
    env: process.versions["electron"] === undefined ? {} : { ELECTRON_RUN_AS_NODE: "1" },
    from: "editor",
  };
}

/** Asked of itself, so that what a version manager puts on the PATH tells which one it stands for. */
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

/** The arguments of the test call do not interest the user. */
function howItFailed({ code, killed, signal }: ExecFileException): string {
  if (killed) return `no answer for ${answerMs / 1000} s`;
  if (code === "ENOENT") return "there is no such program";
  if (code === "EACCES") return "it may not be run: EACCES";
  return signal ? `ended by ${signal}` : typeof code === "number" ? `exit code ${code}` : String(code);
}
