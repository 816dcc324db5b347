import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { errorCodes } from "../../../../protocol/errors.js";
import { temporaryFolder } from "../../../temporary-folder.js";
import { functions } from "../fixtures/paths.js";
import { TestHost } from "./harness.js";

/** The values that the target gives, or the message of its failure, which must be TargetNotFound. */
async function call(host: TestHost, target: object, ...args: unknown[]): Promise<unknown> {
  const [told] = await host.outcomes(target, (h) => [h.apply(ids++, args)]);
  if (!told!.error) return told!.values![0];
  assert.equal(told!.error.code, errorCodes.TargetNotFound, told!.error.message);
  return told!.error.message;
}
let ids = 0;

function write(t: TestContext, name: string, text: string): string {
  const path = join(temporaryFolder(t), name);
  writeFileSync(path, text);
  return path;
}

test("a module's export is a function, a class with run, or a member of an object, called on it", async (t) => {
  const host = await TestHost.start(t);
  assert.equal(await call(host, { module: functions, export: "add" }, 1, 2), 3);
  assert.equal(await call(host, { module: functions, export: "Adder" }, 1, 2), 3);
  assert.equal(await call(host, { module: functions, export: "nested.tools.call" }), "nested");
  assert.equal(await call(host, { module: new URL(functions).pathname, export: "add" }, 3, 4), 7);
});

test("the default export is taken when none is named, and CommonJS modules work", async (t) => {
  const host = await TestHost.start(t);
  assert.equal(await call(host, { module: write(t, "a.mjs", "export default (x) => x + 1;") }, 1), 2);
  assert.equal(
    await call(
      host,
      { module: write(t, "b.cjs", "const all = {}; all.inc = (x) => x + 1; module.exports = all;"), export: "inc" },
      1,
    ),
    2,
  );
  assert.equal(await call(host, { module: write(t, "c.cjs", "module.exports = (x) => x + 2;") }, 1), 3);
});

test("a missing module is distinguished from a module with a missing import", async (t) => {
  const host = await TestHost.start(t);
  assert.equal(await call(host, { module: "/nowhere/job.mjs" }), "module /nowhere/job.mjs does not exist");
  const importing = write(t, "importing.mjs", `import "./missing.mjs";\nexport default () => 1;`);
  assert.match(
    String(await call(host, { module: importing })),
    /failed while it was loaded: .*Cannot find module .*missing\.mjs/,
  );
  const folder = temporaryFolder(t);
  assert.equal(await call(host, { module: folder }), `${folder} is a folder: name the module file in it`);
});

test("the error for a missing export lists the existing ones", async (t) => {
  const host = await TestHost.start(t);
  const module = write(t, "exports.mjs", "export const one = 1, two = 2;");
  assert.equal(
    await call(host, { module, export: "three" }),
    `module ${module} does not export "three": it exports one, two; export it there, or name the module that ` +
      `does: { module: new URL('./its-module.js', import.meta.url), export: "three" } ` +
      '(in CommonJS: module: require.resolve("./its-module.js"))',
  );
  assert.equal(await call(host, { module }), `module ${module} does not export "default": it exports one, two`);
  const byDefault = write(t, "default.mjs", "export default function four() {}");
  assert.equal(
    await call(host, { module: byDefault, export: "four" }),
    `module ${byDefault} does not export "four": it exports default; its default export has that name: ` +
      'task(import.meta, four, "default")',
  );
  assert.equal(
    await call(host, { module, export: "one" }),
    `export "one" of ${module} is of type number, not a function or a class with run(): it exports one, two`,
  );
  const commonJs = write(t, "plain.cjs", "exports.one = 1; module.exports['t' + 'wo'] = 2;");
  assert.equal(
    await call(host, { module: commonJs }),
    `export "default" of ${commonJs} is of type object, not a function or a class with run(): it exports one, two`,
  );
  assert.match(
    String(await call(host, { module: functions, export: "NotRunnable" })),
    /is a class without a run\(\) method/,
  );
});

test("the error of a module that throws while it is loaded has its stack", async (t) => {
  const host = await TestHost.start(t);
  const module = write(t, "throws.mjs", `\nthrow new Error("not today");`);
  assert.match(
    String(await call(host, { module })),
    new RegExp(`module ${module} failed while it was loaded: Error: not today\n    at file://${module}:2:7`),
  );
});

test("a module that ends its process while it is loaded is an error that says where, and what to write", async (t) => {
  const scripts = {
    "a.mjs": "export const f = () => 1;\nprocess.exit(4);",
    "b.mjs": "export const f = () => 1;\nawait null;\nprocess.exit(4);",
    "c.cjs": "exports.f = () => 1;\n\n  process.exit(4);",
  };
  for (const [name, text] of Object.entries(scripts)) {
    const host = await TestHost.start(t);
    const module = write(t, name, text);
    const [told] = await host.outcomes({ module, export: "f" }, (h) => [h.task(ids++, "map", [1, 2])]);
    assert.equal(told!.error!.code, errorCodes.TargetNotFound);
    assert.equal(told!.count, 2);
    assert.match(told!.error!.message, /^module .* ended its process \(exit code 4\) while it was loaded: .*isMain/);
    const line = text.split("\n").length;
    assert.match(String(told!.error!.data!["stack"]), new RegExp(`\\n    at .*${name}:${line}:\\d+\\)?$`));
    assert.deepEqual(await host.exited, { code: 4, signal: null });
  }
});

test("a syntax error is reported with its place, in ES modules and in CommonJS", async (t) => {
  const host = await TestHost.start(t);
  const esm = write(t, "bad.mjs", "export const a = 1;\nlet b = ;\n");
  assert.equal(await call(host, { module: esm }), `syntax error in ${esm}:2:9: Unexpected token ';'`);
  const importing = write(t, "importing.mjs", `import ${JSON.stringify(esm)};`);
  assert.equal(
    await call(host, { module: importing }),
    `syntax error in line 2, column 9 of a module that ${importing} imports: Unexpected token ';'`,
  );
  const cjs = write(t, "bad.cjs", "let b = ;\n");
  assert.match(String(await call(host, { module: cjs })), new RegExp(`${cjs}:1.*`));
  const unlinked = write(t, "unlinked.mjs", `import { nothing } from "node:fs";`);
  assert.match(String(await call(host, { module: unlinked })), /does not provide an export named 'nothing'/);
});

test("the project's tsx is found by what import loads, also from JavaScript of a project with allowJs", async (t) => {
  const folder = temporaryFolder(t);
  const tsx = join(folder, "node_modules", "tsx");
  mkdirSync(tsx, { recursive: true });
  const entry = (name: string) => ({ import: `./${name}.mjs`, require: "./not-for-import.cjs" });
  writeFileSync(
    join(tsx, "package.json"),
    JSON.stringify({
      name: "tsx",
      exports: { "./esm/api": entry("esm"), "./cjs/api": entry("cjs") },
    }),
  );
  writeFileSync(
    join(tsx, "hooks.mjs"),
    `
    export async function load(url, context, next) {
      if (!url.endsWith(".ts")) return next(url, context);
      return { format: "module", source: "export default (x) => x + 10;", shortCircuit: true };
    }
  `,
  );
  writeFileSync(
    join(tsx, "esm.mjs"),
    `import { register as add } from "node:module"; export const register = () => add("./hooks.mjs", import.meta.url);`,
  );
  writeFileSync(
    join(tsx, "cjs.mjs"),
    "export const register = () => { globalThis.registered = process.env.TSX_TSCONFIG_PATH; };",
  );
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: { allowJs: true } }));
  writeFileSync(join(folder, "typed.ts"), "export default (x: number): number => x + 1;");
  const module = join(folder, "plain.mjs");
  writeFileSync(module, `import add from "./typed.ts"; export default (x) => [add(x), globalThis.registered];`);
  const host = await TestHost.start(t);
  assert.deepEqual(await call(host, { module }, 1), [11, join(folder, "tsconfig.json")]);
});

test("source text is a function of any form, whose imports resolve against its folder", async (t) => {
  const host = await TestHost.start(t);
  const cwd = temporaryFolder(t);
  writeFileSync(join(cwd, "helper.mjs"), "export const factor = 3;");
  writeFileSync(join(cwd, "helper.cjs"), "exports.factor = 4;");
  assert.equal(await call(host, { source: "(x) => x + 1" }, 1), 2);
  assert.equal(await call(host, { source: "async function named(x) { return x + 2; }" }, 1), 3);
  assert.equal(await call(host, { source: "method(x) { return x + 3; }" }, 1), 4);
  assert.equal(
    await call(host, { source: "class Job { constructor(x) { this.x = x; } run() { return this.x + 4; } }" }, 1),
    5,
  );
  assert.equal(await call(host, { source: "async (x) => x * (await import('./helper.mjs')).factor", cwd }, 2), 6);
  assert.equal(await call(host, { source: "(x) => x * require('./helper.cjs').factor", cwd }, 2), 8);
  assert.equal(host.output.stderr, "");
});

test("source text that is not a function, or uses names that it cannot see, fails with an explanation", async (t) => {
  const host = await TestHost.start(t);
  assert.match(
    String(await call(host, { source: "let a = ;" })),
    /the source text is not a JavaScript function: .*\[source text\]:1/,
  );
  assert.match(String(await call(host, { source: "42" })), /the source text is not a function but of type number/);
  const [told] = await host.outcomes({ source: "(x) => x + outside" }, (h) => [h.apply(ids++, [1])]);
  assert.match(
    told!.error!.message,
    /outside is not defined \(the function was sent as source text: it sees only globals and its arguments/,
  );
});

test("a target is loaded once, however many tasks it has", async (t) => {
  const host = await TestHost.start(t);
  const module = write(
    t,
    "counting.mjs",
    "globalThis.loads = (globalThis.loads ?? 0) + 1; export default () => globalThis.loads;",
  );
  const begunBefore = host.begun.length;
  const told = await host.outcomes({ module }, (h) => [h.apply(900), h.apply(900), h.task(900, "map", [1, 2])]);
  assert.equal(host.begun.length - begunBefore, 1, "the one that had to wait for it was told to have begun");
  assert.deepEqual(
    told.flatMap((one) => one.values),
    [1, 1, 1, 1],
  );
});
