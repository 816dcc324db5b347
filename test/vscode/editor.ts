/*
 * `npm run editor`: an editor with the extension, as it is packaged, and a copy of the example workspace to try it on.
 * The desktop's `code` when there is one and a screen; else the offline one, shown by any browser at the address that
 * is printed. It stays until Ctrl-C, or until its window is closed; everything that was started goes with it.
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stage } from "../../extension/build/stage.js";
import { copyWorkspace } from "./example-workspace.js";
import { usesDesktop } from "./executable.js";
import { installOffline } from "./install-offline.js";
import { Marked } from "./marked.js";
import { packagedExtension } from "./packaged-extension.js";
import { installExtension, VscodeServer } from "./vscode-server.js";
import { workbenchUrl } from "./workbench-url.js";

const folder = mkdtempSync(join(tmpdir(), "pp-"));
const marked = new Marked();
const interrupted = new Promise<void>((done) => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => done());
});

try {
  const workspace = await copyWorkspace(join(folder, "workspace"));
  if (
    usesDesktop() &&
    spawnSync("code", ["--version"], { stdio: "ignore", shell: process.platform === "win32" }).status === 0
  )
    await desktop(workspace);
  else await inBrowser(workspace);
} finally {
  await marked.end();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

async function desktop(workspace: string): Promise<void> {
  const extension = join(folder, "extension");
  await stage(extension);
  const code = spawn(
    "code",
    [
      "--new-window",
      "--wait",
      `--extensionDevelopmentPath=${extension}`,
      `--user-data-dir=${join(folder, "user")}`,
      workspace,
    ],
    {
      stdio: "inherit",
      env: { ...process.env, ...marked.environment },
      shell: process.platform === "win32",
    },
  );
  console.log("VS Code opens in a window of its own; Ctrl-C here, or closing it, ends it.");
  await Promise.race([interrupted.then(() => code.kill()), new Promise((done) => code.once("exit", done))]);
}

async function inBrowser(workspace: string): Promise<void> {
  await installOffline();
  const extensionsDir = join(folder, "extensions");
  await installExtension(await packagedExtension(folder), extensionsDir, join(folder, "install"));
  const server = await VscodeServer.start({ folder, extensionsDir, env: marked.environment });
  console.log(
    "VS Code, with the extension and an example workspace: open\n\n" +
      `  ${workbenchUrl(server, { folder: workspace })}\n\nin a browser. Ctrl-C ends it.`,
  );
  const why = await Promise.race([interrupted, server.exited]);
  if (why !== undefined) console.error(`VS Code's server ended with ${why}`);
  await server.stop();
}
