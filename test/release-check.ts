/**
 * `npm run release:check`: packs the npm package, the extension and the wheel into `dist/release`, looks into each, and
 * lists what keeps them from being published. Exits with 1 when there is anything.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { repositoryOf } from "../extension/build/address.js";
import { packageExtension } from "../extension/build/package.js";
import { nativeNames, oldNative } from "../packaging/native.js";
import { packPython } from "../packaging/wheel.js";
import { packageFiles } from "./bindings/python/wheel.js";
import { root } from "./fixture.js";

const folder = join(root, "dist", "release");
const problems: string[] = [];

function run(command: string, args: string[], cwd = root): string {
  return execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }).trim();
}

function requireFiles(archive: string, present: readonly string[], wanted: readonly string[]): void {
  for (const path of wanted) if (!present.includes(path)) problems.push(`${archive} has no ${path}`);
}

function refuseFiles(archive: string, present: readonly string[], unwanted: RegExp): void {
  for (const path of present) if (unwanted.test(path)) problems.push(`${archive} holds ${path}`);
}

function report(archive: string, files: readonly string[]): void {
  console.log(`${relative(root, archive)}: ${files.length} files, ${(statSync(archive).size / 1000).toFixed(0)} kB`);
}

/** Names inside a zip archive, by Python, which reads them everywhere. */
function zipNames(archive: string): string[] {
  return run("python3", [
    "-c",
    "import sys, zipfile; print('\\n'.join(zipfile.ZipFile(sys.argv[1]).namelist()))",
    archive,
  ]).split("\n");
}

function checkMetadata(): string {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Record<string, unknown>;
  const version = String(manifest["version"]);
  const python = /^version = "(.*)"$/m.exec(readFileSync(join(root, "bindings/python/pyproject.toml"), "utf8"))?.[1];
  if (python !== version)
    problems.push(`pyproject.toml has version ${python}, package.json ${version}: make them equal`);
  for (const page of ["README.md", "docs/install.md"]) {
    if (!readFileSync(join(root, page), "utf8").includes(`polyproc-${version}.tgz`))
      problems.push(`${page} does not name polyproc-${version}.tgz: write the new version there`);
  }
  const entry = /^## \[(.*?)\] - (.*)$/m.exec(readFileSync(join(root, "CHANGELOG.md"), "utf8"));
  if (entry?.[1] !== version)
    problems.push(`CHANGELOG.md begins with ${entry?.[1] ?? "no entry"}, not with ${version}`);
  else if (!/^\d{4}-\d\d-\d\d$/.test(entry[2]!))
    problems.push(`CHANGELOG.md: ${version} is "${entry[2]}": write the date of the release`);
  if (repositoryOf(manifest) === null)
    problems.push("package.json has no address yet: npm run address -- https://github.com/OWNER/polyproc");
  for (const name of ["repository", "bugs", "homepage", "author"]) {
    if (!(name in manifest)) problems.push(`package.json has no "${name}": users have nowhere to go`);
  }
  if (run("git", ["status", "--porcelain"]) !== "")
    problems.push("the work tree has changes: commit them, so that the release can be made again");
  return version;
}

function checkNpm(version: string): void {
  const [packed] = JSON.parse(run("npm", ["pack", "--json", "--silent", "--pack-destination", folder])) as {
    filename: string;
    files: { path: string }[];
  }[];
  const archive = join(folder, packed!.filename);
  const files = packed!.files.map(({ path }) => path);
  report(archive, files);
  const wanted = [
    "package.json",
    "README.md",
    "LICENSE",
    "CHANGELOG.md",
    "protocol/SPEC.md",
    "dist/command/polyproc.cjs",
    "dist/server/main.js",
    "dist/bindings/typescript/index.d.ts",
  ];
  requireFiles("the npm package", files, [
    ...wanted,
    ...nativeNames().map((name) => `dist/native/${name}`),
    ...packageFiles().map((path) => `bindings/python/${path}`),
  ]);
  refuseFiles(
    "the npm package",
    files,
    /^(test|bench|dist\/(test|bench|examples))\/|\.(map|vsix|pyc)$|^(?!examples\/).*(?<!\.d)\.ts$/,
  );
  const project = mkdtempSync(join(tmpdir(), "polyproc-release-"));
  try {
    writeFileSync(join(project, "package.json"), JSON.stringify({ private: true, type: "module" }));
    run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel", "error", archive], project);
    const told = run(join(project, "node_modules", ".bin", "polyproc"), ["--version"], project);
    if (!told.includes(version)) problems.push(`the installed command says version ${told}, not ${version}`);
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}

async function checkExtension(): Promise<void> {
  const { path } = await packageExtension(folder);
  const files = zipNames(path);
  report(path, files);
  requireFiles("the extension", files, [
    "extension/package.json",
    "extension/readme.md",
    "extension/changelog.md",
    "extension/LICENSE.txt",
    "extension/dist/extension.cjs",
    ...nativeNames().map((name) => `extension/dist/native/${name}`),
  ]);
  refuseFiles("the extension", files, /^extension\/(test|bench|examples|docs\/decisions)\/|(?<!\.d)\.ts$/);
}

async function checkWheel(version: string): Promise<void> {
  const { wheel: archive } = await packPython(folder);
  const name = basename(archive);
  const files = zipNames(archive);
  report(archive, files);
  requireFiles("the wheel", files, [
    ...packageFiles(),
    "polyproc/_node/dist/server.cjs",
    "polyproc/_node/dist/cache-thread.cjs",
    "polyproc/_node/protocol/generated/schema.json",
    ...nativeNames().map((name) => `polyproc/_node/dist/native/${name}`),
  ]);
  refuseFiles("the wheel", files, /\.pyc$|^test/);
  // A wheel of pure Python can be imported as it is.
  const told = run("python3", [
    "-I",
    "-c",
    "import sys; sys.path.insert(0, sys.argv[1]); import polyproc; print(polyproc.__name__)",
    archive,
  ]);
  if (told !== "polyproc" || !name.includes(`-${version}-`))
    problems.push(`the wheel is ${name}, and imports as "${told}"`);
}

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const version = checkMetadata();
for (const path of oldNative()) problems.push(`${relative(root, path)} is older than its source: npm run native`);
checkNpm(version);
await checkExtension();
await checkWheel(version);
for (const problem of problems) console.log(`✖ ${problem}`);
console.log(
  problems.length === 0
    ? `ready: ${relative(root, folder)} holds version ${version}`
    : `not ready: ${problems.length} to mend`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
