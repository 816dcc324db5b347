import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { pythonEnvironment, runPython } from "../bindings/python/run-python.js";
import { waitFor } from "../deadline.js";
import { compiled } from "../fixture.js";
import { isLiving } from "../living.js";
import { startProgram, type Script } from "./script.js";
import { needs } from "../tools/needs.js";

interface Pids {
  script: number;
  children: number[];
}

const python = fileURLToPath(new URL("../../../test/bindings/python/fixtures/has_children.py", import.meta.url));
const languages = [
  {
    language: "TypeScript",
    command: [process.execPath, compiled("test/faults/scripts/has-children")],
    env: {},
    tools: needs(),
  },
  { language: "Python", command: ["python3", python], env: pythonEnvironment, tools: needs("python3") },
];

// Each is a second of grace, mostly: two at a time.
for (const { language, command, env, tools } of languages)
  describe(language, { concurrency: 2 }, () => {
    /** Runs it as a user who keeps all of its output: `script 2>&1 | cat`. */
    const startPiped = (t: Parameters<typeof startProgram>[0], ...args: string[]): Script =>
      startProgram(t, `${language} | cat`, ["sh", "-c", '"$@" 2>&1 | cat', "sh", ...command, ...args], env);

    for (const signal of ["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP"] as const) {
      test(
        `${signal} for a ${language} script ends all its children and theirs, its server and its pipeline`,
        tools,
        async (t) => {
          const piped = startPiped(t, "waits");
          const { script } = JSON.parse(await piped.line()) as Pids;
          process.kill(script, signal);
          await piped.closed();
          await piped.familyGone();
        },
      );
    }

    for (const [ending, how] of [
      ["exits", "exits without waiting"],
      ["aborts", "crashes"],
    ] as const) {
      test(
        `a ${language} script that ${how} leaves no child, no server, and no process that holds its pipeline`,
        tools,
        async (t) => {
          const piped = startPiped(t, ending);
          await piped.line();
          await piped.closed();
          await piped.familyGone();
        },
      );
    }

    test(
      `a ${language} script's children with onParentDeath "continue" go on; the server ends with the last`,
      tools,
      async (t) => {
        const piped = startPiped(t, "waits", "continue");
        const { script, children } = JSON.parse(await piped.line()) as Pids;
        process.kill(script, "SIGKILL");
        await piped.closed();
        for (const pid of children) assert.ok(isLiving(pid));
        // The second of them is the parent of the third, which is to end with it.
        for (const pid of children.slice(0, 2)) process.kill(pid, "SIGKILL");
        await waitFor(() => !children.some(isLiving), { what: "the end of the children" });
        await piped.familyGone();
      },
    );
  });

const highDescriptors = fileURLToPath(
  new URL("../../../test/bindings/python/fixtures/high_descriptors.py", import.meta.url),
);

test(
  "children do not hold the connection of a Python program that has many files open",
  { skip: process.platform === "linux" ? needs("python3").skip : "it looks into /proc" },
  async () => {
    const { stdout, stderr } = await runPython([highDescriptors]);
    assert.equal(stdout, "held by the server alone\n", stderr);
  },
);

test("timeout -s KILL ends a script and its descendants", async (t) => {
  const { command } = languages[0]!;
  const piped = startProgram(t, "timeout | cat", [
    "sh",
    "-c",
    '"$@" 2>&1 | cat',
    "sh",
    "timeout",
    "-s",
    "KILL",
    "1.5",
    ...command,
    "waits",
  ]);
  await piped.closed();
  await piped.familyGone();
});

test("polyproc map that is killed leaves no command and no server", async (t) => {
  // The shell says its pid, which the tool takes over.
  const mapping = 'echo "{\\"script\\": $$}"; exec "$@" 2>&1';
  const piped = startProgram(t, "polyproc map | cat", [
    "sh",
    "-c",
    '(exec sh -c "$@") | cat',
    "sh",
    mapping,
    "sh",
    process.execPath,
    compiled("cli/main"),
    "map",
    "-j",
    "2",
    "1000",
    "1001",
    "--",
    "sleep",
  ]);
  const { script } = JSON.parse(await piped.line()) as Pids;
  await waitFor(() => piped.family().filter((pid) => commandOf(pid).startsWith("sleep")).length === 2, {
    what: "the commands",
  });
  process.kill(script, "SIGKILL");
  await piped.closed();
  await piped.familyGone();
});

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1");
  } catch {
    return "";
  }
}
