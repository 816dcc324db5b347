import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { waitFor } from "../deadline.js";
import { isLiving } from "../living.js";
import { temporaryFolder } from "../temporary-folder.js";
import { run, serve, start, type Server } from "./polyproc.js";
import { needs } from "../tools/needs.js";
import { startOnTerminal } from "./pty.js";

/** A command that prints its pid and its child's once it runs, and ends when `go` exists. */
function startHolder(t: TestContext, { env }: Server, how: string[]) {
  const folder = temporaryFolder(t);
  const running = start(
    t,
    [...how, "--", "sh", "-c", 'sleep 600 & echo "$$ $!"; until [ -e "$0/go" ]; do sleep 0.02; done; kill $!', folder],
    { env },
  );
  return {
    running,
    begun: () => waitFor(() => running.stdout().endsWith("\n"), { what: "a command that runs" }),
    pids: () => running.stdout().trim().split(" ").map(Number),
    go: () => writeFileSync(join(folder, "go"), ""),
  };
}

/** Returns once one party waits, as `polyproc top` shows it. */
async function oneWaits(t: TestContext, { env }: Server): Promise<void> {
  await waitFor(async () => / 1 waiting/.test((await run(t, ["top"], { env })).stdout), { intervalMs: 20 });
}

/** A command that holds a lock, and one that waits for it. */
async function holderAndNext(t: TestContext) {
  const server = await serve(t);
  const holder = startHolder(t, server, ["lock", "one"]);
  await holder.begun();
  const next = startHolder(t, server, ["lock", "one"]);
  await oneWaits(t, server);
  return [holder, next] as const;
}

describe("polyproc lock", () => {
  test("two do not run at a time, and the exit status is the command's", async (t) => {
    const server = await serve(t);
    const folder = temporaryFolder(t);
    const script = 'mkdir "$0/inside" && sleep 0.01 && rmdir "$0/inside" && echo x >> "$0/ran"; exit 4';
    const all = Array.from({ length: 8 }, () =>
      run(t, ["lock", "one", "--", "sh", "-c", script, folder], { env: server.env }),
    );
    for (const { status, stderr } of await Promise.all(all)) assert.deepEqual([status, stderr], [4, ""]);
    assert.equal(readFileSync(join(folder, "ran"), "utf8"), "x\n".repeat(8));
  });

  test("--nonblock and --timeout end with 75 and name the holder; other names are free", async (t) => {
    const server = await serve(t);
    const { env } = server;
    const holder = startHolder(t, server, ["lock", "one"]);
    await holder.begun();
    const now = await run(t, ["lock", "one", "--nonblock", "--", "echo", "in"], { env });
    assert.equal(now.status, 75);
    assert.equal(
      now.stderr.replace(/until .*\)/, "…)"),
      `polyproc: the lock "one" was not free: held by pid ${holder.running.pid} (sh -c sleep 600 & echo "$$ $!"; …)\n`,
    );
    const late = await run(t, ["lock", "one", "--timeout", "100ms", "--", "echo", "in"], { env });
    assert.deepEqual([late.status, late.stdout], [75, ""]);
    assert.match(late.stderr, /was not free in time/);
    assert.equal((await run(t, ["lock", "two", "--nonblock", "--", "echo", "in"], { env })).stdout, "in\n");
    holder.go();
    assert.equal((await holder.running.ended()).status, 0);
    assert.equal((await run(t, ["lock", "one", "--nonblock", "--", "echo", "in"], { env })).stdout, "in\n");
  });

  test("when a holder is killed, the next one gets the lock and is told, and no command is left", async (t) => {
    const [holder, next] = await holderAndNext(t);
    holder.running.signal("SIGKILL");
    await next.begun();
    assert.equal(
      next.running.stderr(),
      `polyproc: the last holder of the lock "one" was killed: what it was doing may be half done\n`,
    );
    await waitFor(() => !holder.pids().some(isLiving), { what: "the end of the killed holder's command" });
    next.go();
    assert.equal((await next.running.ended()).status, 0);
  });

  test("standard input reaches the command; its end by a signal is 128 + N", async (t) => {
    const { env } = await serve(t);
    assert.equal((await run(t, ["lock", "one", "--", "cat"], { env, input: "hello" })).stdout, "hello");
    assert.equal((await run(t, ["lock", "one", "--", "sh", "-c", "kill -KILL $$"], { env })).status, 137);
  });

  test("signals reach the command and its children; while waiting they end the wait", async (t) => {
    const [holder, waiting] = await holderAndNext(t);
    waiting.running.signal("SIGINT");
    assert.equal((await waiting.running.ended()).status, "SIGINT");
    holder.running.signal("SIGTERM");
    assert.equal((await holder.running.ended()).status, "SIGTERM");
    await waitFor(() => !holder.pids().some(isLiving), { what: "the end of the command" });
  });

  test("when the server ends, the lock is lost and the command is ended, status 69", async (t) => {
    const server = await serve(t);
    const holder = startHolder(t, server, ["lock", "one"]);
    await holder.begun();
    await run(t, ["stop"], { env: server.env });
    const { status, stderr } = await holder.running.ended();
    assert.equal(status, 69);
    assert.match(stderr, /^polyproc: the server has gone, and the lock "one" with it: ending the command\n/);
    await waitFor(() => !holder.pids().some(isLiving), { what: "the end of the command" });
  });

  test("a command that cannot be started gives 127 or 126, and the lock is free again", async (t) => {
    const { env } = await serve(t);
    const missing = await run(t, ["lock", "one", "--", "no-such-program"], { env });
    assert.deepEqual(
      [missing.status, missing.stderr],
      [127, `polyproc: cannot start "no-such-program": no such program; check its spelling\n`],
    );
    assert.equal((await run(t, ["lock", "one", "--nonblock", "--", "/"], { env })).status, 126);
  });

  test(
    "on a terminal, a wait of more than a second names the holder, and Ctrl-C reaches the command",
    needs("python3"),
    async (t) => {
      const server = await serve(t);
      const holder = startHolder(t, server, ["lock", "one"]);
      await holder.begun();
      const waiting = startOnTerminal(
        t,
        ["lock", "one", "--", "sh", "-c", "trap 'echo caught; exit 5' INT; echo mine; while :; do sleep 0.02; done"],
        server.env,
      );
      await waiting.shows(
        new RegExp(`waiting for the lock "one": held by pid ${holder.running.pid} \\(sh -c sleep 600`),
      );
      holder.go();
      await waiting.shows(/mine/);
      waiting.type("\u0003");
      assert.equal(await waiting.ended(), 5);
      assert.match(waiting.text(), /caught/);
      await holder.running.ended();
    },
  );

  test("usage errors name the form", async (t) => {
    for (const args of [
      ["lock", "x"],
      ["lock", "x", "--"],
      ["lock", "x", "echo"],
    ]) {
      assert.deepEqual(await run(t, args), {
        status: 2,
        stdout: "",
        stderr: "polyproc: say what to run after --: polyproc lock x -- COMMAND ARGUMENTS\n",
      });
    }
    assert.match(
      (await run(t, ["lock", "x", "--nonblock", "--timeout", "1", "--", "true"])).stderr,
      /give one of them/,
    );
    assert.match((await run(t, ["lock", "x".repeat(201), "--", "true"])).stderr, /1 to 200 characters/);
    assert.equal((await run(t, ["lock"])).status, 2);
  });
});

describe("polyproc lock without a server", () => {
  test("a server is started in the background, once, and the next commands join it", async (t) => {
    const folder = temporaryFolder(t);
    const env = { XDG_RUNTIME_DIR: folder };
    const script = 'mkdir "$0/inside" && sleep 0.01 && rmdir "$0/inside" && echo in';
    try {
      const all = Array.from({ length: 3 }, () => run(t, ["lock", "one", "--", "sh", "-c", script, folder], { env }));
      for (const ended of await Promise.all(all)) assert.deepEqual(ended, { status: 0, stdout: "in\n", stderr: "" });
      assert.equal((await run(t, ["sem", "two", "-n", "1", "--", "echo", "in"], { env })).stdout, "in\n");
      const { processes } = JSON.parse((await run(t, ["ps", "--json"], { env })).stdout) as { processes: unknown[] };
      assert.deepEqual(processes, []);
    } finally {
      // While the folder is there. It returns when the server has ended.
      assert.equal((await run(t, ["stop"], { env })).status, 0);
    }
  });
});

describe("polyproc sem", () => {
  test("no more than -n run at a time", async (t) => {
    const server = await serve(t);
    const { env } = server;
    const holders = [0, 1].map(() => startHolder(t, server, ["sem", "two", "-n", "2"]));
    for (const holder of holders) await holder.begun();
    const third = await run(t, ["sem", "two", "-n", "2", "--nonblock", "--", "echo", "in"], { env });
    assert.equal(third.status, 75);
    assert.match(
      third.stderr,
      /^polyproc: the semaphore "two" was not free: held by pid \d+ \(sh -c .*\), pid \d+ \(sh -c .*\)\n$/,
    );
    const waiting = startHolder(t, server, ["sem", "two", "-n", "2"]);
    holders[0]!.go();
    await waiting.begun();
    for (const holder of [holders[1]!, waiting]) holder.go();
    for (const holder of [...holders, waiting]) assert.equal((await holder.running.ended()).status, 0);
  });

  test("a client that asks for another number of permits than the first one is told", async (t) => {
    const server = await serve(t);
    const holder = startHolder(t, server, ["sem", "three", "-n", "3"]);
    await holder.begun();
    const { status, stdout, stderr } = await run(
      t,
      ["sem", "three", "-n", "5", "--timeout", "10", "--", "echo", "in"],
      { env: server.env },
    );
    assert.deepEqual([status, stdout], [0, "in\n"]);
    assert.equal(
      stderr,
      `polyproc: the semaphore "three": it has 3 permits, not 5: the first client that used the name set the number\n`,
    );
    holder.go();
    await holder.running.ended();
  });

  test("-n must be given", async (t) => {
    const { status, stderr } = await run(t, ["sem", "x", "--", "true"]);
    assert.deepEqual([status, stderr], [2, "polyproc: required option '-n, --permits <n>' not specified\n"]);
  });
});
