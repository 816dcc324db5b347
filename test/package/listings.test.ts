import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { root } from "../fixture.js";
import { temporaryFolder } from "../temporary-folder.js";
import { packed, run } from "./packed.js";

interface Listing {
  /** `docs/cli.md, line 12`. */
  title: string;
  language: string;
  code: string;
  prints: string;
}

const pages = ["README.md", ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`)].filter((name) =>
  name.endsWith(".md"),
);
const fence = /^```(sh|js)\n((?:(?!```).*\n)*)```\n\n```text\n((?:(?!```).*\n)*)```\n/gm;

/** JavaScript and commands that a page prints together with their output. */
const listings = pages.flatMap((page): Listing[] => {
  const text = readFileSync(join(root, page), "utf8");
  return [...text.matchAll(fence)].map((match) => ({
    title: `${page}, line ${text.slice(0, match.index).split("\n").length}`,
    language: match[1]!,
    code: match[2]!,
    prints: match[3]!,
  }));
});

describe("listings of the documents, as printed, in an empty folder with the packed package", () => {
  const folder = temporaryFolder({ after });

  before(async () => {
    const tarball = join(folder, "tarball");
    mkdirSync(tarball);
    const { path } = await packed(tarball);
    writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true }));
    await run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", path], { cwd: folder });
  });

  it("are there for the command line and for JavaScript", () => {
    assert.ok(listings.filter(({ language }) => language === "sh").length >= 3);
    assert.ok(listings.some(({ title, language }) => title.startsWith("README.md") && language === "js"));
  });

  for (const { title, language, code, prints } of listings)
    it(`${title} prints what follows it`, async () => {
      const empty = mkdtempSync(join(folder, "l-"));
      const file = join(empty, language === "sh" ? "listing.sh" : "listing.mjs");
      writeFileSync(file, code);
      const { POLYPROC_ADDRESS: _, ...env } = process.env;
      const { stdout, stderr } = await run(language === "sh" ? "sh" : process.execPath, [file], {
        cwd: empty,
        env: { ...env, PATH: `${join(folder, "node_modules", ".bin")}:${env["PATH"]}`, XDG_RUNTIME_DIR: empty },
      });
      assert.equal(stdout, prints);
      assert.equal(stderr, "");
    });

  it("need no syntax that a supported Node lacks", () => {
    const modern = pages.filter((page) =>
      [...readFileSync(join(root, page), "utf8").matchAll(/^```(?:ts|js)\n((?:(?!```).*\n)*)```\n/gm)].some(
        ([, code]) => code!.replaceAll(/\/\/.*$/gm, "").includes("await using"),
      ),
    );
    assert.deepEqual(modern, [], "Node 20 and 22 do not know `await using`: show try and finally, or terminate()");
  });
});
