import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { waitFor } from "../../deadline.js";
import { isLiving } from "../../living.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { functions, serve, start, type Running } from "../polyproc.js";

/**
 * Each item notes its own pid and that of a child of its own, then waits for the file `go`. Deaf to SIGTERM when
 * `deaf`.
 */
function startFamilies(t: TestContext, { deaf = false, args = [] as string[] } = {}) {
  const folder = temporaryFolder(t);
  const script =
    `${deaf ? "trap '' TERM;" : ""} sleep 600 & echo "$$ $!" >> "$0/pids"; until [ -e "$0/go" ]; do sleep 0.02; ` +
    `done; kill $!; echo "$1"`;
  const map = start(t, ["map", "-j", "2", ...args, "1", "2", "3", "4", "--", "sh", "-c", script, folder], {
    input: null,
  });
  const pids = () =>
    existsSync(join(folder, "pids"))
      ? readFileSync(join(folder, "pids"), "utf8").split(/\s+/).filter(Boolean).map(Number)
      : [];
  return { map, folder, pids, begun: () => waitFor(() => pids().length === 4, { what: "two items that run" }) };
}

/** The state letter of the process, as in `ps`. */
function stateOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2)[0]!;
}

async function allGone(pids: number[]): Promise<void> {
  assert.equal(pids.length, 4);
  await waitFor(() => !pids.some(isLiving), { what: `the end of ${pids.join(", ")}` });
}

function says(map: Running, pattern: RegExp): Promise<unknown> {
  return waitFor(() => pattern.test(map.stderr()), { what: `${pattern} on standard error` });
}

describe("polyproc map, interrupted", () => {
  test("Ctrl-C once: running items finish, no more start, and a message says so", async (t) => {
    const { map, folder, pids, begun } = startFamilies(t);
    await begun();
    map.signal("SIGINT");
    await says(map, /interrupted: waiting for 2 running items; press Ctrl-C again to kill/);
    writeFileSync(join(folder, "go"), "");
    const { status, stdout, stderr } = await map.ended();
    assert.deepEqual([status, stdout.split("\n").sort()], ["SIGINT", ["", "1", "2"]]);
    assert.match(stderr, /2 done, 2 not finished/);
    await allGone(pids());
  });

  test("Ctrl-C twice: running items are killed with their children, even if they ignore SIGTERM", async (t) => {
    const { map, pids, begun } = startFamilies(t, { deaf: true });
    await begun();
    map.signal("SIGINT");
    await says(map, /again to kill/);
    map.signal("SIGINT");
    assert.equal((await map.ended()).status, "SIGINT");
    await allGone(pids());
  });

  test("SIGTERM and SIGHUP ask running items to end, then kill them; map ends by the signal", async (t) => {
    for (const signal of ["SIGTERM", "SIGHUP"] as const) {
      const folder = temporaryFolder(t);
      const script =
        'trap \'echo $1 >> "$0/asked"; test $1 = deaf || exit 0\' TERM; echo >> "$0/begun"; ' +
        "while :; do sleep 0.02; done";
      const map = start(t, ["map", "-j", "2", "deaf", "mild", "--", "sh", "-c", script, folder]);
      const lines = (name: string) =>
        existsSync(join(folder, name)) ? readFileSync(join(folder, name), "utf8").split("\n").length - 1 : 0;
      await waitFor(() => lines("begun") === 2, { what: "two items that run" });
      map.signal(signal);
      assert.equal((await map.ended()).status, signal);
      assert.deepEqual(readFileSync(join(folder, "asked"), "utf8").split("\n").sort(), ["", "deaf", "mild"]);
    }
  });

  test("Ctrl-Z stops the running items with their children, and fg continues them", async (t) => {
    const { map, folder, pids, begun } = startFamilies(t);
    await begun();
    // D: a shell that waits in vfork for its child, which is stopped.
    const stopped = () => [map.pid, ...pids()].map((pid) => "TD".includes(stateOf(pid)));
    map.signal("SIGTSTP");
    await waitFor(() => stopped().every(Boolean), { what: "all to be stopped" });
    map.signal("SIGCONT");
    await waitFor(() => ![map.pid, ...pids()].map(stateOf).includes("T"), { what: "all to go on" });
    map.signal("SIGINT");
    await says(map, /interrupted: waiting/);
    writeFileSync(join(folder, "go"), "");
    assert.equal((await map.ended()).status, "SIGINT");
    await allGone(pids());
  });

  test("killed by SIGKILL, map leaves no process behind", async (t) => {
    const { map, pids, begun } = startFamilies(t, { deaf: true });
    await begun();
    map.signal("SIGKILL");
    assert.equal((await map.ended()).status, "SIGKILL");
    await allGone(pids());
  });

  test("Ctrl-C once, with functions: those that a worker has not begun are not run", async (t) => {
    const folder = temporaryFolder(t);
    const items = Array.from({ length: 20 }, (_, i) => `${folder}/${i}`);
    const map = start(t, ["map", "--module", functions, "--export", "gated", "-j", "1", ...items]);
    await waitFor(() => existsSync(join(folder, "begun")), { what: "an item that runs" });
    map.signal("SIGINT");
    await says(map, /interrupted: waiting/);
    writeFileSync(join(folder, "go"), "");
    const { status, stdout, stderr } = await map.ended();
    assert.deepEqual([status, stdout], ["SIGINT", `${JSON.stringify(items[0])}\n`]);
    assert.match(stderr, /1 done, 19 not finished/);
    assert.equal(readFileSync(join(folder, "begun"), "utf8"), `${items[0]}\n`);
  });

  test("when the server ends, map ends with status 69", async (t) => {
    const server = await serve(t);
    const folder = temporaryFolder(t);
    const map = start(
      t,
      [
        "map",
        "-q",
        "-j",
        "1",
        "1",
        "2",
        "3",
        "--",
        "sh",
        "-c",
        'test "$1" = 1 || { echo $$ > "$0/pid"; sleep 600; }',
        folder,
      ],
      { env: server.env },
    );
    await waitFor(() => existsSync(join(folder, "pid")) && readFileSync(join(folder, "pid"), "utf8").endsWith("\n"));
    server.running.signal("SIGKILL");
    const { status, stderr } = await map.ended();
    assert.deepEqual([status, stderr], [69, "polyproc: the server has gone, and all that it ran has ended\n"]);
    await waitFor(() => !isLiving(Number(readFileSync(join(folder, "pid"), "utf8"))), { what: "the end of what ran" });
  });

  test("Ctrl-C while it waits for standard input ends it", async (t) => {
    const map = start(t, ["map", "--", "echo"], { input: null });
    map.stdin.write("one\n");
    await waitFor(() => map.stdout() === "one\n");
    map.signal("SIGINT");
    assert.equal((await map.ended()).status, "SIGINT");
  });

  test("when its output is closed, map ends quietly and kills the running items", async (t) => {
    const folder = temporaryFolder(t);
    const script =
      'echo $$ >> "$0/pids"; if [ "$1" = 1 ]; then until [ -e "$0/go" ]; do sleep 0.02; done; echo 1; ' +
      "else sleep 600; fi";
    const map = start(t, ["map", "-j", "2", "-q", "1", "2", "3", "--", "sh", "-c", script, folder]);
    const pids = () => readFileSync(join(folder, "pids"), "utf8").trim().split("\n").map(Number);
    await waitFor(() => existsSync(join(folder, "pids")) && pids().length === 2);
    map.process.stdout!.destroy();
    writeFileSync(join(folder, "go"), "");
    const { status, stderr } = await map.ended();
    assert.deepEqual([status, stderr], [141, ""]);
    await waitFor(() => !pids().some(isLiving), { what: "the end of what ran" });
  });
});
