import assert from "node:assert/strict";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { compiled, root } from "../fixture.js";
import { runProgram } from "../examples/run-example.js";
import { temporaryFolder } from "../temporary-folder.js";
import { needs } from "../tools/needs.js";
import { conformance } from "./suite.js";

const host = join(root, "examples/runtimes/host.pl");

conformance({
  name: "perl",
  module: join(root, "test/conformance/fixtures/work.pl"),
  serverOptions: ["--runtime", `perl=perl ${host}`],
  source: "sub { $_[0] * 2 }",
  hearsCancel: false,
  needs: ["perl"],
});

test(
  "a folder's polyproc.json adds Perl to the private servers that are started there, for files with its endings",
  needs("perl"),
  async (t) => {
    const folder = temporaryFolder(t);
    copyFileSync(host, join(folder, "host.pl"));
    writeFileSync(
      join(folder, "polyproc.json"),
      '{ "runtimes": { "perl": { "command": "perl", "args": ["./host.pl"], "endings": [".pl", ".pm"] } } }',
    );
    writeFileSync(join(folder, "words.pm"), "use strict; sub shout { return uc $_[0] } 1;");
    const env = { POLYPROC_ADDRESS: "", XDG_RUNTIME_DIR: folder };
    const map = await runProgram(
      process.execPath,
      [compiled("cli/main"), "map", "--module", "words.pm", "--export", "shout", "-k", "one", "two"],
      { cwd: folder, env },
    );
    assert.deepEqual([map.status, map.lines], [0, ['"ONE"', '"TWO"']], map.stderr);
  },
);
