import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { root } from "../fixture.js";
import { strictOptions } from "../package/strict-options.js";
import { temporaryFolder } from "../temporary-folder.js";
import { startServer } from "./listening-server.js";
import { runProgram } from "./run-example.js";
import { needs } from "../tools/needs.js";

interface Snippet {
  /** `pools.md, line 12`. */
  title: string;
  language: string;
  code: string;
  /** What it prints: the `text` block that follows it at once. */
  expected: string | null;
}

const documents = [
  "README.md",
  ...readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

/** The fenced blocks of a document. */
function snippetsOf(document: string): Snippet[] {
  const text = readFileSync(join(root, document), "utf8");
  const snippets: Snippet[] = [];
  let end = 0;
  for (const match of text.matchAll(/^```(\w*)\n([\s\S]*?)^```\n/gm)) {
    const [whole, language = "", code = ""] = match;
    const last = snippets.at(-1);
    if (language === "text" && last && text.slice(end, match.index).trim() === "") last.expected = code;
    else
      snippets.push({
        title: `${document}, line ${text.slice(0, match.index).split("\n").length}`,
        language,
        code,
        expected: null,
      });
    end = match.index + whole.length;
  }
  return snippets;
}

const snippets = documents.flatMap(snippetsOf);
const inTypescript = snippets.filter(({ language }) => language === "ts");

describe("the documents", () => {
  // A user's project, with the package installed.
  const folder = temporaryFolder({ after });
  before(() => {
    mkdirSync(join(folder, "node_modules", "@types"), { recursive: true });
    symlinkSync(root, join(folder, "node_modules", "polyproc"));
    for (const types of ["node", "vscode"])
      symlinkSync(join(root, "node_modules", "@types", types), join(folder, "node_modules", "@types", types));
    writeFileSync(join(folder, "package.json"), `{ "type": "module" }`);
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: strictOptions }));
    for (const [i, { code }] of inTypescript.entries()) writeFileSync(join(folder, `snippet-${i}.ts`), code);
  });

  it("hold TypeScript that compiles under strict", async () => {
    const tsc = join(root, "node_modules", ".bin", "tsc");
    const { stdout } = await promisify(execFile)(tsc, ["-p", folder]).catch((error: { stdout: string }) => error);
    const named = stdout.replaceAll(/^.*snippet-(\d+)\.ts/gm, (_, i: string) => inTypescript[Number(i)]!.title);
    assert.equal(named, "");
  });

  for (const [i, { title, expected }] of inTypescript.entries()) {
    if (expected === null) continue;
    it(`${title}: prints what the document says`, async () => {
      const { status, stdout, stderr } = await runProgram(process.execPath, [join(folder, `snippet-${i}.js`)], {
        cwd: folder,
      });
      assert.equal(stderr, "");
      assert.equal(stdout, expected);
      assert.equal(status, 0);
    });
  }

  for (const { title, code, expected } of snippets.filter(({ language }) => language === "python")) {
    it(`${title}: the client without a library works`, needs("python3"), async (t) => {
      const server = await startServer(t);
      const { status, stdout, stderr } = await runProgram("python3", ["-c", code], {
        env: { POLYPROC_ADDRESS: server.address },
      });
      assert.equal(stderr, "");
      assert.equal(stdout, expected);
      assert.equal(status, 0);
    });
  }

  it("link to files and headings that exist", () => {
    const broken: string[] = [];
    for (const document of [...documents, "ARCHITECTURE.md", "CHANGELOG.md"]) {
      for (const [, target] of readFileSync(join(root, document), "utf8").matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^https?:/.test(target!)) continue;
        const [path, heading] = target!.split("#");
        const file = path === "" ? join(root, document) : join(dirname(join(root, document)), path!);
        if (!existsSync(file) || (heading !== undefined && !headingsOf(file).includes(heading)))
          broken.push(`${document}: ${target}`);
      }
    }
    assert.deepEqual(broken, []);
  });

  it("install Polyproc from files: no registry has it before the first release", () => {
    const pages = [...documents, "protocol/SPEC.md", "extension/README.md", "bindings/python/README.md"];
    const asked = pages.flatMap((page) =>
      readFileSync(join(root, page), "utf8")
        .replace(/^## After the first release\n[^]*?(?=^## )/m, "")
        .replace(/^After the first release these become[^]*?\n\n/m, "")
        .split("\n")
        .filter((line) =>
          /\b(?:npm install|npm i|(?:pnpm|yarn|bun) add|pip install)\b[^`]* polyproc(?![-\w@])/.test(line),
        )
        .map((line) => `${page}: ${line}`),
    );
    assert.deepEqual(asked, []);
  });

  it("name the source files that exist", () => {
    const text = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");
    const section = text.slice(text.indexOf("## Code map"), text.indexOf("## Who may import whom"));
    const sources = new Set(
      readdirSync(root, { recursive: true, withFileTypes: true })
        .filter(
          (entry) =>
            entry.isFile() && entry.name.endsWith(".ts") && !/\/(node_modules|dist)(\/|$)/.test(entry.parentPath),
        )
        .map((entry) => entry.name),
    );
    const missing = [...section.matchAll(/`(?:[\w-]+\/)*([\w-]+\.ts)`/g)]
      .map(([, name]) => name!)
      .filter((name) => !sources.has(name));
    assert.deepEqual(missing, []);
  });
});

function headingsOf(file: string): string[] {
  return [...readFileSync(file, "utf8").matchAll(/^#+ (.+)$/gm)].map(([, title]) => slug(title!));
}

/** As GitHub makes a heading's anchor. */
function slug(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, "")
    .replaceAll(" ", "-");
}
