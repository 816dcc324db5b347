import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../fixture.js";

const source = join(root, "bindings", "python");

/** What the package consists of, as paths in a wheel. */
export function packageFiles(): string[] {
  return readdirSync(join(source, "polyproc"), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.pyi?$|(^|\/)py\.typed$/.test(name))
    .map((name) => `polyproc/${name}`)
    .sort();
}

/** Builds a wheel or a source archive as pip does, unpacks it into the folder, and tells what it holds. */
export function unpacked(kind: "wheel" | "sdist", folder: string): string[] {
  const script = `import os, shutil, sys, build_backend
archive = build_backend.build_${kind}(sys.argv[1])
shutil.unpack_archive(os.path.join(sys.argv[1], archive), sys.argv[1], ${kind === "wheel" ? '"zip"' : '"gztar"'})
os.unlink(os.path.join(sys.argv[1], archive))`;
  execFileSync("python3", ["-c", script, folder], {
    cwd: source,
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" },
  });
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
    .sort();
}
