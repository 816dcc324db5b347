import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { waitFor, within } from "../../deadline.js";
import { compiled } from "../../fixture.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { needs } from "../../tools/needs.js";
import { setStage } from "../stage.js";
import { allowTasks, begins, double, logged, notes } from "./cluster-stage.js";
import { TestRedis } from "./redis.js";

const options = needs("redis-server", "network namespaces");

interface TestContext {
  after(clean: () => void | Promise<void>): void;
}

function ip(...words: string[]): void {
  execFileSync("ip", words, { stdio: ["ignore", "ignore", "inherit"] });
}

/** Hosts with a network of their own, joined by a bridge at `address`. */
class Network {
  readonly #mark = process.pid % 100_000;
  readonly #subnet = `10.${64 + (process.pid % 64)}.${(process.pid >> 6) % 256}`;

  constructor(test: TestContext, names: readonly string[]) {
    test.after(() => {
      for (const name of names) execFileSync("ip", ["netns", "del", this.namespace(name)], { stdio: "ignore" });
      execFileSync("ip", ["link", "del", this.#bridge], { stdio: "ignore" });
    });
    ip("link", "add", this.#bridge, "type", "bridge");
    ip("addr", "add", `${this.address}/24`, "dev", this.#bridge);
    ip("link", "set", this.#bridge, "up");
    names.forEach((name, i) => {
      const space = this.namespace(name);
      ip("netns", "add", space);
      ip("link", "add", this.#link(name), "type", "veth", "peer", "name", "eth0", "netns", space);
      ip("link", "set", this.#link(name), "master", this.#bridge, "up");
      ip("-n", space, "addr", "add", `${this.#subnet}.${i + 2}/24`, "dev", "eth0");
      ip("-n", space, "link", "set", "eth0", "up");
      ip("-n", space, "link", "set", "lo", "up");
    });
  }

  get address(): string {
    return `${this.#subnet}.1`;
  }

  namespace(name: string): string {
    return `pp${this.#mark}${name}`;
  }

  set(name: string, state: "up" | "down"): void {
    ip("link", "set", this.#link(name), state);
  }

  get #bridge(): string {
    return `pp${this.#mark}br`;
  }

  #link(name: string): string {
    return `pp${this.#mark}${name}0`;
  }
}

test(
  "a host that is cut off ends its task before another begins it, tells nothing late, and serves again",
  options,
  async (t) => {
    const network = new Network(t, ["a", "b"]);
    const folder = temporaryFolder(t);
    const [log, gate] = [join(folder, "log"), join(folder, "gate")];
    const redis = await TestRedis.start(t, [], network.address);
    const address = redis.url("lease=8&insecure=true");
    const agents: Record<string, number> = {};
    for (const name of ["a", "b"]) {
      const child = spawn(
        "ip",
        [
          ...["netns", "exec", network.namespace(name), process.execPath, compiled("server/main")],
          ...["agent", "--cluster", address, "--name", name, "-j", "1", ...allowTasks],
        ],
        { stdio: ["ignore", "pipe", "inherit"] },
      );
      const over = once(child, "exit");
      t.after(async () => {
        child.kill("SIGKILL");
        await over;
      });
      await within(once(child.stdout, "data"), "an agent that takes work");
      agents[name] = child.pid!;
    }
    const { mp } = await setStage(t);
    const pool = new mp.Pool({ cluster: address });
    const result = pool.apply(logged, [{ n: 1, log, until: gate }]);
    const first = await waitFor(() => begins(log)[0], { what: "the task" });
    const cut = first.agent === agents["a"] ? "a" : "b";
    network.set(cut, "down");
    await waitFor(() => begins(log).length === 2, { what: "the task on the other host" });
    assert.deepEqual(
      notes(log).filter(({ what }) => what === "overlap"),
      [],
      "the other host began the task while the first one still ran it",
    );
    writeFileSync(gate, "");
    assert.equal(await within(result, "the result"), 1);
    network.set(cut, "up");
    assert.equal(notes(log).filter(({ what }) => what === "end").length, 1);
    await waitFor(
      async () => {
        await pool.map(
          logged,
          Array.from({ length: 4 }, (_, n) => ({ n: n + 2, log, ms: 50 })),
          { chunkSize: 1 },
        );
        return begins(log).some(({ n, agent }) => n > 1 && agent === first.agent);
      },
      { what: "tasks on the host that was cut off" },
    );
    assert.equal(await pool.apply(double, [4]), 8);
    await pool.terminate();
  },
);
