import { delimiter, join, relative } from "node:path";
import { access, constants } from "node:fs/promises";
import { packAll } from "./packages.js";
import { run } from "./run.js";

/** Installed, or left out: there is nothing on this machine that could use it. */
interface Outcome {
  is: "installed" | "left out";
  text: string;
}

/**
 * Packs this checkout, and installs what is packed: the command `polyproc` by npm, the Python package into the Python
 * of this terminal, the extension into VS Code. Prints the outcome of each. Resolves with the exit status.
 */
export async function installAll(outdir: string): Promise<number> {
  const { tarball, wheel, vsix } = await packAll(outdir);
  const shown = (path: string) => relative(process.cwd(), path) || path;
  const steps: [name: string, install: () => Promise<Outcome>][] = [
    ["polyproc", () => installCommand(tarball)],
    ["Python", () => installPython(wheel, shown(wheel))],
    ["VS Code", () => installExtension(vsix, shown(vsix))],
  ];
  let failed = false;
  for (const [name, install] of steps) {
    try {
      const { is, text } = await install();
      console.log(`${is === "installed" ? "✔" : "–"} ${name}: ${text}`);
    } catch (error) {
      failed = true;
      console.log(`✖ ${name}: ${(error as Error).message.trimEnd()}`);
    }
  }
  console.log(`In a project of Node: npm install ${tarball}`);
  return failed ? 1 : 0;
}

async function installCommand(tarball: string): Promise<Outcome> {
  const prefix = (await run("npm", ["prefix", "--global"])).trim();
  const bin = process.platform === "win32" ? prefix : join(prefix, "bin");
  try {
    await run("npm", ["install", "--global", "--no-audit", "--no-fund", "--loglevel", "error", tarball]);
  } catch (error) {
    if (!(error as Error).message.includes("EACCES")) throw error;
    throw new Error(
      `npm may not write to ${prefix}. Choose a folder of your own, and run this again: npm config set prefix ~/.local`,
      { cause: error },
    );
  }
  const found = await onPath("polyproc");
  const expected = join(bin, "polyproc");
  if (found === null) return { is: "installed", text: `${expected}. Add ${bin} to your PATH` };
  if (found !== expected) return { is: "installed", text: `${expected}, but PATH finds ${found} before it` };
  return { is: "installed", text: `${expected} ${(await run(found, ["--version"])).trim()}` };
}

async function installPython(wheel: string, shown: string): Promise<Outcome> {
  const later = `Activate an environment (python3 -m venv .venv && . .venv/bin/activate), then: pip install ${shown}`;
  if ((await onPath("python3")) === null) return { is: "left out", text: `there is no python3 on PATH. ${later}` };
  const pip = ["-m", "pip", "install", "--disable-pip-version-check", "--force-reinstall", "--no-deps", "-q", wheel];
  try {
    await run("python3", pip);
  } catch (error) {
    const { message } = error as Error;
    if (message.includes("No module named pip")) return { is: "left out", text: `python3 has no pip. ${later}` };
    if (message.includes("externally-managed"))
      return { is: "left out", text: `the system manages the packages of this python3. ${later}` };
    throw error;
  }
  return { is: "installed", text: `import polyproc, with ${(await run("python3", ["-c", where])).trim()}` };
}

const where = "import sys; print(sys.executable)";

async function installExtension(vsix: string, shown: string): Promise<Outcome> {
  if ((await onPath("code")) === null)
    return {
      is: "left out",
      text: `there is no \`code\` on PATH. In VS Code: Extensions: Install from VSIX…, ${shown}`,
    };
  await run("code", ["--install-extension", vsix, "--force"]);
  return { is: "installed", text: "the extension. Reload windows that are open" };
}

async function onPath(name: string): Promise<string | null> {
  const suffix = process.platform === "win32" ? ".cmd" : "";
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    // npm puts the project's own programs before all others.
    if (folder === "" || folder.includes("node_modules")) continue;
    const path = join(folder, name + suffix);
    try {
      await access(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}
