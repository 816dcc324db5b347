import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { temporaryFolder } from "../../../temporary-folder.js";
import { needs } from "../../../tools/needs.js";
import { runPythonTests, type Outcome } from "../python-tests.js";
import { everyPython, inParts, judges, suitePath, testsOfSuite } from "./judges.js";
import { notApplicable, timed } from "./not-applicable.js";

const suite = suitePath("run_suite");
/** What the other Pythons run in `npm test`: where versions differ. `npm run test:python` runs everything on all. */
const sample = /^(OtherTest|TestStartMethod|WithManagerTest(MyManager|RemoteManager)|WithProcessesTestConnection)\./;

const { skip } = needs("python3", "CPython's tests of multiprocessing");
const all = skip ? [] : judges("test._test_multiprocessing");

for (const [i, { python, version }] of all.entries()) {
  describe(`CPython ${version}'s own tests of multiprocessing`, () => {
    const names = testsOfSuite(python, suite);
    // Threads are not Polyproc's.
    const whole = everyPython ? names : names.filter((name) => !name.startsWith("WithThreads") && !timed.has(name));
    const wanted = i === 0 || everyPython ? whole : whole.filter((name) => sample.test(name));
    const outcomes: Outcome[] = [];

    for (const part of inParts(
      wanted.filter((name) => !(name in notApplicable)),
      40,
    )) {
      const classes = [...new Set(part.map((name) => name.split(".")[0]!))];
      it(classes.join(", "), async (t) => {
        const came = await runPythonTests({ python, args: ["-W", "ignore", suite, ...part], cwd: temporaryFolder(t) });
        outcomes.push(...came);
        assert.deepEqual([...new Set(came.map(({ name }) => name))].sort(), [...part].sort(), "each tells its outcome");
        for (const { name, kind, text } of came) {
          await t.test(name, (t) => (kind === "skipped" ? t.skip(text) : assert.equal(kind, "ok", text)));
        }
      });
    }

    if (i === 0)
      it("those of locks and conditions, without the native code", async (t) => {
        const part = wanted.filter(
          (name) => !(name in notApplicable) && /^WithProcessesTest(Lock|Condition)\./.test(name),
        );
        const args = ["-W", "ignore", suite, ...part];
        const came = await runPythonTests({ python, args, cwd: temporaryFolder(t), env: { POLYPROC_NATIVE: "none" } });
        assert.ok(came.length > 5);
        assert.deepEqual(
          came.filter(({ kind }) => kind === "failed"),
          [],
        );
      });

    it("pass, but for a few that cannot apply", (t) => {
      const passed = outcomes.filter(({ kind }) => kind === "ok").length;
      const failed = outcomes.filter(({ kind }) => kind === "failed").length;
      const skipped = outcomes.filter(({ kind }) => kind === "skipped").length;
      const not = wanted.filter((name) => name in notApplicable).length;
      assert.ok(not <= wanted.length * 0.08 || !(i === 0 || everyPython), `${not} of ${wanted.length} do not apply`);
      t.diagnostic(
        `CPython ${version}'s tests of multiprocessing: ${passed} of ${wanted.length} passed, ${failed} failed, ` +
          `${not} do not apply, ${skipped} skip themselves`,
      );
    });
  });
}

describe("the list of CPython's tests that do not apply", { skip: skip || !everyPython }, () => {
  it("names tests that exist", () => {
    const names = new Set(all.flatMap(({ python }) => testsOfSuite(python, suite)));
    assert.deepEqual(
      Object.keys(notApplicable).filter((name) => !names.has(name)),
      [],
    );
  });
});
