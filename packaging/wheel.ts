import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repositoryOf } from "../extension/build/address.js";
import { bundleServer } from "../extension/build/bundle.js";
import { notices } from "../extension/build/notices.js";
import { root } from "../extension/build/root.js";
import { run } from "./run.js";

export interface PythonArchives {
  wheel: string;
  sdist: string;
}

const script = `import json, sys, build_backend
settings = json.loads(sys.argv[2])
made = [build(sys.argv[1], settings) for build in (build_backend.build_wheel, build_backend.build_sdist)]
print(json.dumps(made))`;

/** Makes the wheel and the source archive of the Python binding, each with the server in it. Returns their paths. */
export async function packPython(outdir: string): Promise<PythonArchives> {
  const server = await mkdtemp(join(tmpdir(), "polyproc-server-"));
  try {
    await writeFile(join(server, "NOTICES.txt"), notices(await bundleServer(server)));
    const manifest = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as Record<string, unknown>;
    const address = repositoryOf(manifest);
    const settings = JSON.stringify({ server, ...(address && { address }) });
    const made = await run("python3", ["-B", "-c", script, outdir, settings], {
      cwd: join(root, "bindings", "python"),
    });
    const [wheel, sdist] = JSON.parse(made) as [string, string];
    return { wheel: join(outdir, wheel), sdist: join(outdir, sdist) };
  } finally {
    await rm(server, { recursive: true, force: true });
  }
}
