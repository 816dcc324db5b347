import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { importedFiles } from "../../cache/imported-files.js";
import { temporaryFolder } from "../temporary-folder.js";

test("imports are found in scripts and in Python, at any depth", (t) => {
  const cwd = temporaryFolder(t);
  const write = (name: string, text: string) => {
    mkdirSync(join(cwd, name, ".."), { recursive: true });
    writeFileSync(join(cwd, name), text);
  };
  write("a.ts", 'import { b } from "./b.js";\nexport * from "pkg/sub";\nconst c = await import("./c");\n');
  write("b.ts", "const d = require('./d');\n");
  write("c/index.js", 'import "./../a.js";\n');
  write("d.json", "{}");
  write("node_modules/pkg/package.json", "{}");
  const below = (module: string) => importedFiles(join(cwd, module)).map((path) => path.slice(cwd.length + 1));
  assert.deepEqual(below("a.ts"), ["a.ts", "b.ts", "c/index.js", "d.json", "node_modules/pkg/package.json"]);
  write("p/__init__.py", "");
  write("p/m.py", "from . import n, missing\nimport os, p.o as q\n");
  write("p/n.py", "from ..top import (x)\n");
  write("p/o.py", "import top\n");
  write("top.py", "x = 1\n");
  assert.deepEqual(below("p/m.py"), ["p/__init__.py", "p/m.py", "p/n.py", "p/o.py", "top.py"]);
});
