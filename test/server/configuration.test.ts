import assert from "node:assert/strict";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readConfiguration, unusedConfiguration } from "../../server/configuration.js";
import { runtimeCommands, runtimeEndings } from "../../server/runtimes.js";
import { UsageError } from "../../server/usage-error.js";
import { temporaryFolder } from "../temporary-folder.js";
import { spawnServer, startServer } from "./server-process.js";

/** The error for a file with this text. Every error must name the file. */
function fault(folder: string, text: string | Buffer): string {
  const path = join(folder, "polyproc.json");
  writeFileSync(path, text);
  try {
    readConfiguration("polyproc.json", folder);
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error));
    assert.ok(error.message.startsWith(path), error.message);
    return error.message.slice(path.length);
  }
  return assert.fail(`accepted: ${text.toString()}`);
}

test("a configuration that was not named is not used, and the server says so", async (t) => {
  const folder = temporaryFolder(t);
  assert.equal(unusedConfiguration(folder), null);
  assert.deepEqual(readConfiguration(null, folder), { runtimes: {} });
  const file = join(folder, "polyproc.json");
  writeFileSync(file, '{"runtimes": 1}');
  const server = await startServer(t, ["--listen", `unix:${join(folder, "s")}`], { cwd: folder });
  assert.match(server.stderr(), new RegExp(`^polyproc: ${file} is not used: .*--config FILE or POLYPROC_CONFIG\n$`));
  const told = spawnServer(t, ["--listen", `unix:${join(folder, "s2")}`], {
    cwd: folder,
    env: { POLYPROC_CONFIG: "polyproc.json" },
  });
  assert.equal(await told.exited(), 2);
  assert.equal(told.stderr(), `polyproc: ${file}: runtimes: expected an object, got 1 (number)\n`);
});

test("a runtime's paths are relative to the file, and its endings are lower case", (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, "etc"));
  writeFileSync(
    join(folder, "etc", "p.json"),
    `\ufeff${JSON.stringify({
      runtimes: {
        perl: { command: "perl", args: ["-w", "./host.pl", "../lib", "a/./b"], endings: [".PL", ".pm"] },
        own: { command: "./bin/own", env: { A: "1", B: null } },
      },
    })}`,
  );
  const { runtimes } = readConfiguration("etc/p.json", folder);
  assert.deepEqual(runtimes["perl"], {
    command: "perl",
    args: ["-w", join(folder, "etc/host.pl"), join(folder, "lib"), "a/./b"],
    endings: [".pl", ".pm"],
  });
  assert.equal(runtimes["own"]?.command, join(folder, "etc/bin/own"));
  assert.deepEqual(runtimeEndings(runtimes), { ".pl": "perl", ".pm": "perl" });
});

test("an error names the file and the place in it", (t) => {
  const folder = temporaryFolder(t);
  assert.match(fault(folder, ""), /^: Unexpected end of JSON input/);
  assert.match(fault(folder, '{\n  "runtimes": {\n    "a" 1\n  }\n}\n'), /^, line 3, column 9: /);
  assert.equal(fault(folder, "5"), ": the file: expected an object, got 5 (number)");
  assert.equal(fault(folder, "[]"), ": the file: expected an object, got [0 items] (array)");
  assert.equal(fault(folder, '{"runtimes": []}'), ": runtimes: expected an object, got [0 items] (array)");
  assert.equal(fault(folder, '{"runtime": {}}'), ": runtime: not known here");
  assert.equal(fault(folder, '{"runtimes": {"a": "perl"}}'), ': runtimes.a: expected an object, got "perl" (string)');
  assert.equal(fault(folder, '{"runtimes": {"a": {}}}'), ": runtimes.a.command: missing");
  assert.equal(
    fault(folder, '{"runtimes": {"a": {"command": ""}}}'),
    ': runtimes.a.command: expected a text that is not empty, got "" (string)',
  );
  assert.equal(fault(folder, '{"runtimes": {"a": {"command": "x", "cwd": "/"}}}'), ": runtimes.a.cwd: not known here");
  assert.equal(
    fault(folder, '{"runtimes": {"a": {"command": "x", "args": "y"}}}'),
    ': runtimes.a.args: expected Array, got "y" (string)',
  );
  assert.equal(
    fault(folder, '{"runtimes": {"a": {"command": "x", "args": ["y", 1]}}}'),
    ": runtimes.a.args.1: expected string, got 1 (number)",
  );
  assert.match(
    fault(folder, '{"runtimes": {"a": {"command": "x", "env": {"A": 1}}}}'),
    /^: runtimes\.a\.env\.A: expected .*string.*, got 1 \(number\)$/,
  );
  assert.match(
    fault(folder, '{"runtimes": {"a": {"command": "x", "env": {"A=B": "1"}}}}'),
    /^: runtimes\.a\.env\.A=B: expected a variable's name/,
  );
  for (const ending of ["pl", ".", ".d.ts", ".a/b", "", ". pl"]) {
    assert.match(
      fault(folder, JSON.stringify({ runtimes: { a: { command: "x", endings: [ending] } } })),
      /^: runtimes\.a\.endings\.0: expected a dot and what follows it/,
      ending,
    );
  }
  for (const name of ["command", "a=b", "a b", "1", ""]) {
    assert.match(
      fault(folder, JSON.stringify({ runtimes: { [name]: { command: "x" } } })),
      /^: runtimes\..*expected/,
      name,
    );
  }
  assert.equal(
    fault(
      folder,
      '{"runtimes": {"a": {"command": "x", "endings": [".q", ".p"]}, "b": {"command": "x", "endings": [".P"]}}}',
    ),
    ': runtimes.b.endings: ".p" is also among those of a; a file runs in one of them',
  );
  assert.match(fault(folder, Buffer.from([0, 255, 254, 1])), /^.*: Unexpected token/);
  assert.match(fault(folder, " ".repeat(1024 * 1024 + 1)), /^ has 1048577 bytes/);
});

test("a configuration that is named must be there, and be a file that can be read", (t) => {
  const folder = temporaryFolder(t);
  assert.throws(() => readConfiguration("nowhere.json", folder), {
    message: `the configuration ${join(folder, "nowhere.json")} does not exist: see --config and POLYPROC_CONFIG`,
  });
  mkdirSync(join(folder, "polyproc.json"));
  assert.throws(() => readConfiguration("polyproc.json", folder), {
    message: `${join(folder, "polyproc.json")} is not a file`,
  });
  const secret = join(folder, "secret.json");
  writeFileSync(secret, "{}");
  chmodSync(secret, 0);
  // Nothing is secret to root.
  if (process.getuid?.() !== 0)
    assert.throws(() => readConfiguration(secret, folder), {
      name: "UsageError",
      message: /secret\.json cannot be read: EACCES/,
    });
});

test("node and python keep their host if only the command is replaced; the command line has priority", () => {
  const plain = runtimeCommands({}, {});
  const host = (name: string) => plain[name]!.args;
  const configured = {
    python: { command: "python3.13", env: { A: "1" } },
    node: { command: "node22", args: ["mine.js"] },
    perl: { command: "perl", args: ["a.pl"], env: { B: null } },
  };
  const { python, node, perl } = runtimeCommands(configured, {});
  assert.deepEqual([python?.command, python?.args, python?.env], ["python3.13", host("python"), { A: "1" }]);
  assert.deepEqual([node?.command, node?.args], ["node22", ["mine.js"]]);
  assert.deepEqual(perl, { command: "perl", args: ["a.pl"], env: { B: null } });
  const named = runtimeCommands(configured, { node: ["/opt/node"], perl: ["/opt/perl"], ruby: ["ruby", "h.rb"] });
  assert.deepEqual([named["node"]?.command, named["node"]?.args], ["/opt/node", host("node")]);
  assert.deepEqual(named["perl"], { command: "/opt/perl", args: [], env: { B: null } });
  assert.deepEqual(named["ruby"], { command: "ruby", args: ["h.rb"] });
});

test("a Python program that starts a server for itself keeps its own interpreter", (t) => {
  process.env["POLYPROC_PYTHON"] = "/venv/python";
  t.after(() => delete process.env["POLYPROC_PYTHON"]);
  const { python } = runtimeCommands({ python: { command: "python3.13", args: ["host.py"], env: { A: "1" } } }, {});
  assert.deepEqual(
    [python?.command, python?.args, python?.env],
    ["/venv/python", runtimeCommands({}, {})["python"]!.args, { A: "1" }],
  );
});

test("a server with a faulty configuration says so and ends with status 2", async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, "c.json");
  writeFileSync(file, '{"runtimes": 1}');
  const server = spawnServer(t, ["--listen", `unix:${join(folder, "s")}`, "--config", file]);
  assert.equal(await server.exited(), 2);
  assert.equal(server.stderr(), `polyproc: ${file}: runtimes: expected an object, got 1 (number)\n`);
});

test("a server offers the runtimes of its configuration", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "polyproc.json"), '{"runtimes": {"zebra": {"command": "zebra", "endings": [".zb"]}}}');
  const server = await startServer(t, ["--listen", `unix:${join(folder, "s")}`, "--config", "polyproc.json"], {
    cwd: folder,
  });
  const { connect } = await import("../../bindings/typescript/index.js");
  const client = await connect(server.addresses[0]!);
  t.after(() => client.close());
  await assert.rejects(
    new client.Pool(1).apply({ module: "/a.q", export: "f", runtime: "nothing" }),
    /only node, python, zebra/,
  );
  // Known by its ending; there is no such program.
  await assert.rejects(new client.Pool(1).apply({ module: "/a.zb", export: "f" }), /zebra/);
});
