import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { circles } from "../../architecture/circles.js";
import { root } from "../../fixture.js";

const folder = join(root, "bindings", "python");
const modules = readdirSync(join(folder, "polyproc"), { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".py"))
  .map((name) => join("polyproc", name))
  .sort();

/** Rooms and modules of the root from which the modules of a private room may import. ARCHITECTURE.md says the same. */
const rooms: Record<string, string[]> = {
  _values: ["_errors"],
  _session: ["_errors", "_native", "_values"],
  _bypass: ["_errors", "_values", "_session"],
  _standard: ["_errors", "_values"],
  _processes: ["_errors", "_values", "_standard", "_session", "connection", "targets"],
  _server: ["_errors", "_values", "_standard", "_session", "_bypass", "_processes"],
  _pools: ["_errors", "_values", "_session", "_processes", "targets"],
  _sync: ["_errors", "_native", "_session", "_bypass", "_processes", "_shared"],
  _futures: ["_errors", "_values", "_session", "_pools", "pool"],
  _managers: ["_errors", "_values", "_standard", "_processes", "_server", "_pools", "_shared", "managed", "pool"],
};

/** Modules that import each other may be two: more cannot be read or tested alone. */
const maxCircle = 2;

/** The modules that this one imports, in functions, too. */
function imports(path: string, text: string, known: ReadonlySet<string>): string[] {
  const statement = /^[ \t]*from (\.*)([\w.]*) import (?:\(([^)]*)\)|([^#\n]*))/gm;
  return [...text.matchAll(statement)].flatMap(([, dots, dotted, lines, line]) => {
    const package_ = dotted === "polyproc" || dotted!.startsWith("polyproc.");
    if (dots === "" && !package_) return [];
    let start = dots === "" ? "" : dirname(path);
    for (let i = 1; i < dots!.length; i++) start = dirname(start);
    const base = join(start, ...dotted!.split("."));
    const names = (lines ?? line!)
      .replaceAll(/#.*/g, "")
      .split(",")
      .map((name) => name.trim().split(/\s/)[0]!)
      .filter((name) => name !== "");
    const found = names.map((name) =>
      [`${join(base, name)}.py`, join(base, name, "__init__.py"), `${base}.py`, join(base, "__init__.py")].find(
        (file) => known.has(file),
      ),
    );
    assert.ok(!found.includes(undefined), `${path} imports what is not there: ${base}`);
    return found.filter((file) => file !== path) as string[];
  });
}

/** `_session` for `polyproc/_session/wire.py`, `pool` for `polyproc/pool.py`. */
function roomOf(path: string): string {
  return path.split("/")[1]!.replace(/\.py$/, "");
}

describe("the rooms of the Python package", () => {
  const known = new Set(modules);
  const graph = new Map(modules.map((path) => [path, imports(path, readFileSync(join(folder, path), "utf8"), known)]));

  it("are all in the table", () => {
    const found = new Set(modules.filter((path) => /^polyproc\/_[a-z]\w*\//.test(path)).map(roomOf));
    assert.deepEqual([...found].sort(), Object.keys(rooms).sort());
  });

  for (const [room, allowed] of Object.entries(rooms)) {
    it(`${room} imports only ${allowed.join(", ")}`, () => {
      const found = [...graph].filter(([path]) => roomOf(path) === room);
      assert.ok(found.length > 1);
      const wrong = found.flatMap(([path, targets]) =>
        targets
          .filter((target) => roomOf(target) !== room && !allowed.includes(roomOf(target)))
          .map((target) => `${path}: ${target}`),
      );
      assert.deepEqual(wrong, []);
    });
  }

  it(`have no more than ${maxCircle} modules that import each other in a circle, imports in functions included`, () => {
    assert.deepEqual(
      circles(graph).filter((circle) => circle.length > maxCircle),
      [],
    );
  });

  it("are read with all their imports", () => {
    const text = `from . import b, c  # both
from .._values import (
    rope,  # one
    msgpack as m,
)
import os
from os import path
def f():
    from ..pool import Pool, ThreadPool
    from polyproc._session.wire import Wire
`;
    const files = ["a", "b", "c"].map((name) => `polyproc/_pools/${name}.py`);
    const others = ["_values/rope", "_values/msgpack", "pool", "_session/wire"].map((name) => `polyproc/${name}.py`);
    const found = imports(files[0]!, text, new Set([...files, ...others]));
    assert.deepEqual([...new Set(found)], [files[1], files[2], ...others]);
  });
});
