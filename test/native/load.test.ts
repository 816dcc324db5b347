import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test, type TestContext } from "node:test";
import { nativeFolder } from "../../native/load.js";
import { buildNative, nativeNames, oldNative } from "../../packaging/native.js";
import { root } from "../fixture.js";
import { temporaryFolder } from "../temporary-folder.js";
import { needs } from "../tools/needs.js";

const addon = `node-linux-${process.arch}.node`;
const extension = `python-linux-${process.arch}.abi3.so`;
const isBuilt = [addon, extension].every((name) => existsSync(join(nativeFolder, name)));

/** A checkout with the built files, and with loaders of which `edit` has changed the source. */
function checkout(t: TestContext, edit: (source: string) => string): { load: string; python: string } {
  const folder = temporaryFolder(t);
  const native = join(folder, "dist", "native");
  const python = join(folder, "python", "binding");
  for (const made of [native, python]) mkdirSync(made, { recursive: true });
  for (const name of [addon, extension]) copyFileSync(join(nativeFolder, name), join(native, name));
  const load = join(native, "load.mjs");
  writeFileSync(load, edit(readFileSync(join(nativeFolder, "load.js"), "utf8")));
  const source = join(root, "bindings", "python", "polyproc", "_native.py");
  writeFileSync(join(python, "_native.py"), edit(readFileSync(source, "utf8")));
  return { load, python };
}

function isLoaded({ load, python }: { load: string; python: string }): { node: boolean; python: boolean } {
  const run = (command: string, args: string[]) => execFileSync(command, args, { encoding: "utf8" }).trim();
  const script = `import { hasNative } from ${JSON.stringify(load)}; console.log(hasNative())`;
  const node = run(process.execPath, ["--input-type=module", "--eval", script]);
  const lines = "import sys; sys.path.insert(0, sys.argv[1]); import _native; print(_native.native is not None)";
  return { node: node === "true", python: run("python3", ["-B", "-c", lines, python]) === "True" };
}

suite("the native code", { skip: !isBuilt && "needs the native code: npm run native" }, () => {
  test("is loaded with the ABI that the loaders know, and with no other", needs("python3"), (t) => {
    assert.deepEqual(isLoaded(checkout(t, (source) => source)), { node: true, python: true });
    const raise = (source: string) => {
      const raised = source.replace(
        /^((?:const abi|_ABI) = )(\d+)/m,
        (_, name: string, abi: string) => name + (+abi + 1),
      );
      assert.notEqual(raised, source);
      return raised;
    };
    assert.deepEqual(isLoaded(checkout(t, raise)), { node: false, python: false });
  });

  test("is old when its source has changed since", (t) => {
    const folder = temporaryFolder(t);
    for (const name of [addon, extension]) copyFileSync(join(nativeFolder, name), join(folder, name));
    assert.deepEqual(oldNative(folder), []);
    utimesSync(join(folder, extension), 0, 0);
    assert.deepEqual(oldNative(folder), [join(folder, extension)]);
  });

  const compilers = needs(
    ...(["c++", "headers of Node", "headers of Python"] as const),
    ...(process.arch === "x64" ? (["aarch64-linux-gnu-gcc", "headers of C for arm64"] as const) : []),
  );
  test("is the same, byte by byte, in a second build", compilers, async (t) => {
    const folder = temporaryFolder(t);
    const told: string[] = [];
    const built = await buildNative((line) => told.push(line), folder);
    const names = process.arch === "x64" ? nativeNames() : [addon, extension];
    for (const name of names) {
      assert.ok(built.includes(join(folder, name)), `${name} was not built: ${told.join("; ")}`);
      assert.ok(existsSync(join(nativeFolder, name)), `there is no dist/native/${name}: npm run native`);
      const [first, second] = [nativeFolder, folder].map((from) => readFileSync(join(from, name)));
      assert.ok(first!.equals(second!), `${name} is not what the sources make: npm run native`);
      assert.equal(first!.readUInt16LE(18), name.includes("arm64") ? 0xb7 : 0x3e, `the machine of ${name}`);
    }
  });
});
