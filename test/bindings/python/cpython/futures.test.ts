import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { temporaryFolder } from "../../../temporary-folder.js";
import { needs } from "../../../tools/needs.js";
import { runPythonTests } from "../python-tests.js";
import { everyPython, inParts, judges, suitePath, testsOfSuite } from "./judges.js";
import { notApplicableFutures } from "./not-applicable.js";

const suite = suitePath("run_futures");
const { skip } = needs("python3", "CPython's tests of concurrent.futures");
const all = skip ? [] : judges("test.test_concurrent_futures");

/** `ProcessPoolShutdown.test_x` of `ProcessPoolSpawnProcessPoolShutdownTest.test_x`. */
const short = (name: string) => name.replace(/^ProcessPoolSpawn/, "").replace(/Test\./, ".");

describe("CPython's own tests of executors", { skip }, () => {
  for (const { python, version } of everyPython ? all : all.slice(0, 1)) {
    describe(`of ${version}`, () => {
      const names = testsOfSuite(python, suite);
      const wanted = names.filter((name) => !(short(name) in notApplicableFutures));
      let passed = 0;

      for (const part of inParts(wanted, 20)) {
        it([...new Set(part.map((name) => short(name).split(".")[0]!))].join(", "), async (t) => {
          const args = ["-W", "ignore", suite, ...part];
          const came = await runPythonTests({ python, args, cwd: temporaryFolder(t) });
          assert.deepEqual(came.map(({ name }) => name).sort(), [...part].sort(), "each tells its outcome");
          for (const { name, kind, text } of came) {
            if (kind === "ok") passed++;
            await t.test(short(name), (t) => (kind === "skipped" ? t.skip(text) : assert.equal(kind, "ok", text)));
          }
        });
      }

      it("pass, but for those that cannot apply", (t) => {
        assert.ok(wanted.length > 40);
        assert.ok(
          wanted.length >= names.length * 0.92,
          `${names.length - wanted.length} of ${names.length} do not apply`,
        );
        t.diagnostic(
          `CPython ${version}'s tests of executors: ${passed} of ${names.length} passed, ` +
            `${names.length - wanted.length} do not apply`,
        );
      });
    });
  }
});
