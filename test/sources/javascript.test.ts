import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { findJavascriptFunctions } from "../../sources/javascript.js";

const dialects = {
  ts: { jsx: false, typescript: true },
  tsx: { jsx: true, typescript: true },
  js: { jsx: true, typescript: false },
};

/** `export:kind@line`, lines from 1. */
function found(text: string, dialect: keyof typeof dialects = "ts"): string[] {
  return findJavascriptFunctions(text, dialects[dialect]).map(
    ({ export: name, kind, line }) => `${name}:${kind}@${line + 1}`,
  );
}

describe("functions that a JavaScript module exports", () => {
  test("declarations, async ones, and variables that hold a function", () => {
    assert.deepEqual(
      found(`
export function a(x) {}
export async function b() {}
export const c = () => 1, d = async function named() {}, e = 5;
export let f = (x: string): x is "a" => true;
function hidden() {}
const alsoHidden = () => 1;
`),
      ["a:function@2", "b:function@3", "c:function@4", "d:function@4", "f:function@5"],
    );
  });

  test("export lists: at the place of the list, under the exported name", () => {
    assert.deepEqual(
      found(`
function a() {}
const b = () => {};
class C { run() {} }
const notOne = 1;
export { a as one, b as "two words", C, notOne, missing };
export { elsewhere } from "./elsewhere.js";
export * from "./all.js";
`),
      ["one:function@2", "two words:function@3", "C:class@4"],
    );
  });

  test("a run cannot use components, hooks, and what needs several arguments", () => {
    const fits = (text: string, dialect: keyof typeof dialects) =>
      findJavascriptFunctions(text, dialects[dialect]).map(({ export: name, fits }) => `${name}:${fits}`);
    assert.deepEqual(
      fits(
        `
export function Card({ title }: Props) { return <h1>{title}</h1>; }
export const list = (items: string[]) => items.map((item) => <li>{item}</li>);
export function useTheme() { return context; }
export default function used(path: string) { return path; }
export class Work { run() {} }
`,
        "tsx",
      ),
      ["Card:false", "list:false", "useTheme:false", "default:true", "Work:true"],
    );
    assert.deepEqual(
      fits(
        `
export function two(a: string, b: number) {}
export const optional = (a: string, b = 1, c?: number, ...more: string[]) => a;
export function bound(this: void, a: string) {}
export function none() {}
`,
        "ts",
      ),
      ["two:false", "optional:true", "bound:true", "none:true"],
    );
    assert.deepEqual(fits("module.exports = { two(a, b) {}, f: (a, b) => a };", "js"), ["two:true", "f:true"]);
  });

  test("an exported name is found before it is declared", () => {
    assert.deepEqual(found("export { late };\nfunction late() {}\n"), ["late:function@2"]);
  });

  for (const [text, expected] of [
    ["export default function () {}", "default:function@1"],
    ["export default function named() {}", "default:function@1"],
    ["export default async (x) => x;", "default:function@1"],
    ["const f = () => 1;\nexport default f;", "default:function@1"],
    ["class Work { run() {} }\n\nexport { Work as default };", "default:class@1"],
    ["export default class { run() {} }", "default:class@1"],
    ["function f() {}\nexport = f;", "default:function@1"],
  ] as const) {
    test(`default exports: ${text.split("\n").at(-1)}`, () => assert.deepEqual(found(text), [expected]));
  }

  test("a default export is shown by its function's name", () => {
    assert.equal(findJavascriptFunctions("export default function digest() {}", dialects.js)[0]!.name, "digest");
    assert.equal(findJavascriptFunctions("export default () => 1", dialects.js)[0]!.name, "default");
  });

  test("classes count if they define a method run", () => {
    assert.deepEqual(
      found(`
export class A { async run() {} }
export class B { start() {} }
export class C { static run() {} }
export class D { get run() { return () => 1; } }
export abstract class E { abstract run(): void; }
export class F { ["run"]() {} }
`),
      ["A:class@2"],
    );
  });

  test("generators, types and declarations without a body do not count", () => {
    assert.deepEqual(
      found(`
export function* g() {}
export async function* ag() {}
export type T = () => void;
export interface I { run(): void }
export declare function d(): void;
export function o(x: string): void;
export function o(x: number): void;
export function o(x: unknown): void {}
export enum E { A }
type U = () => void;
export type { U };
export { type U as V };
`),
      ["o:function@9"],
    );
  });

  test("TypeScript's casts and annotations do not hide a function", () => {
    assert.deepEqual(
      found(
        "export const a = ((x: number) => x) satisfies F;\nexport const b = <F>(() => 1);\n" +
          "export const c = (() => 1) as unknown as F;",
      ),
      ["a:function@1", "b:function@2", "c:function@3"],
    );
  });

  test("CommonJS: members of exports, an object, and module.exports itself", () => {
    assert.deepEqual(
      found(
        `
"use strict";
const inner = () => 1;
exports.a = function () {};
module.exports.b = async () => {};
exports["c d"] = inner;
exports.n = 1;
exports[computed] = () => 1;
`,
        "js",
      ),
      ["c d:function@3", "a:function@4", "b:function@5"],
    );
    assert.deepEqual(
      found("function a() {}\nmodule.exports = { a, b: () => 1, c() {}, *g() {}, d: 4, ...rest };", "js"),
      ["a:function@1", "b:function@2", "c:function@2"],
    );
    assert.deepEqual(found("exports = module.exports = function make() {};", "js"), ["default:function@1"]);
    assert.deepEqual(found("exports.a = exports.b = () => 1;", "js"), ["a:function@1", "b:function@1"]);
  });

  test("text in strings, comments, templates and inner scopes does not count", () => {
    assert.deepEqual(
      found(
        `
// export function a() {}
/* export function b() {} */
const text = \`
export function c() {}
\`;
const other = "export function d() {}";
if (true) { exports.e; function inner() {} }
export function real() { return "export function f() {}"; }
`,
        "js",
      ),
      ["real:function@9"],
    );
  });

  test("JSX in files that may have it, type assertions in the others", () => {
    assert.deepEqual(found("export const View = () => <div>{1}</div>;", "tsx"), ["View:function@1"]);
    assert.deepEqual(found("export const f = <T,>(x: T) => x;", "tsx"), ["f:function@1"]);
    assert.deepEqual(found("export const f = <T>(x: T) => <string>x;", "ts"), ["f:function@1"]);
  });

  test("hashbang, decorators, top-level await, using", () => {
    assert.deepEqual(
      found(
        "#!/usr/bin/env node\n@sealed\nexport class A { @log run() {} }\nawait using x = y();\n" +
          "export const f = async () => { using z = w(); };",
      ),
      ["A:class@3", "f:function@5"],
    );
  });

  for (const [what, broken] of [
    ["an unfinished function", "export function typing(a, {"],
    ["an unfinished expression", "const x = foo(1, "],
    ["half an import", "import { a, from"],
    ["a string without its end", "const s = 'abc"],
    ["a stray bracket", "}}}"],
    ["conflict marks", "<<<<<<< HEAD"],
  ] as const) {
    test(`functions before and after ${what} are found`, () => {
      const functions = found(
        `export function before(x: string) {\n  return x;\n}\n\n${broken}\n\nexport function after(x) {\n` +
          "  return x;\n}\n\nexport { later as alias };\nfunction later() {}\n",
      );
      for (const name of ["before:function@1", "after:function@7", "alias:function@12"])
        assert.ok(functions.includes(name), `${name} in ${functions.join(" ")}`);
    });
  }

  test("an empty text has no functions, and random text does no harm", () => {
    assert.deepEqual(found(""), []);
    assert.deepEqual(found("\0\u2028{{{{[[[[((((`${`${"), []);
    assert.deepEqual(found("export\nexport\nexport default"), []);
  });
});
