import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../fixture.js";
import { temporaryFolder } from "../temporary-folder.js";
import { runNode } from "./program.js";

const jest = createRequire(import.meta.url).resolve("jest/bin/jest");

/** Jest runs each file in a context of its own, whose Map, Date and Promise are others than the package's. */
test("tests that Jest runs may import the package, and their values arrive as what they are", async (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(root, join(folder, "node_modules/polyproc"));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "tested", private: true }));
  writeFileSync(
    join(folder, "work.js"),
    `
    exports.kinds = (...values) => values.map((value) => Object.prototype.toString.call(value).slice(8, -1));
    exports.echo = (value) => value;
    exports.fail = () => { throw new RangeError("too far"); };
  `,
  );
  writeFileSync(
    join(folder, "work.test.js"),
    `
    const at = { module: require.resolve("./work.js") };
    jest.setTimeout(60_000);
    let pool;
    let TargetNotFound;
    beforeAll(async () => {
      const polyproc = await import("polyproc");
      pool = new polyproc.Pool(1);
      ({ TargetNotFound } = polyproc);
    });
    afterAll(() => pool.terminate());

    it("sends values", async () => {
      const objects = [new Map([[1, 2]]), new Set([1]), new Date(0), new Uint8Array(2), new Error("e"), [1], {}];
      const values = [...objects, /x/, 5n];
      const kinds = ["Map", "Set", "Date", "Uint8Array", "Error", "Array", "Object", "RegExp", "BigInt"];
      expect(await pool.apply({ ...at, export: "kinds" }, values)).toEqual(kinds);
      for (const value of values.filter((value) => !(value instanceof Uint8Array)))
        expect(await pool.apply({ ...at, export: "echo" }, [value])).toEqual(value);
    });

    it("gets errors", async () => {
      await expect(pool.apply({ ...at, export: "fail" })).rejects.toThrow("too far");
      await expect(pool.apply({ ...at, export: "none" })).rejects.toBeInstanceOf(TargetNotFound);
      await expect(pool.apply({ ...at, export: "echo" }, [Promise.resolve(1)])).rejects.toThrow("is a Promise");
      await expect(pool.apply({ ...at, export: "echo" }, [new Map([[1, () => {}]])])).rejects.toThrow("functions stay");
    });

    it("reads async inputs", async () => {
      async function* inputs() { yield 1; yield 2; }
      const results = [];
      for await (const result of pool.imap({ ...at, export: "echo" }, inputs())) results.push(result);
      expect(results).toEqual([1, 2]);
    });
  `,
  );
  const { status, stderr } = await runNode(
    folder,
    [jest, "--rootDir", folder, "--cacheDirectory", join(folder, "cache")],
    {
      NODE_OPTIONS: "--experimental-vm-modules --no-warnings",
    },
  );
  assert.equal(status, 0, stderr);
  assert.match(stderr, /Tests: +3 passed, 3 total/);
});
