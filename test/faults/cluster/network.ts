import { execFileSync } from "node:child_process";

interface TestContext {
  after(clean: () => void | Promise<void>): void;
}

function ip(...words: string[]): string {
  return execFileSync("ip", words, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}

/** Removes it if it is there. */
function remove(...words: string[]): void {
  try {
    execFileSync("ip", words, { stdio: "ignore" });
  } catch {
    // It is gone.
  }
}

/** What a test run that was killed has left: names begin with `pp`, its pid and `x`. */
function removeLeftovers(): void {
  const isOfDead = (name: string) => {
    const pid = /^pp(\d+)x/.exec(name)?.[1];
    if (pid === undefined) return false;
    try {
      process.kill(Number(pid), 0);
      return false;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === "ESRCH";
    }
  };
  for (const space of ip("netns", "list").matchAll(/^\S+/gm)) if (isOfDead(space[0])) remove("netns", "del", space[0]);
  for (const [, link] of ip("-o", "link").matchAll(/^\d+: ([^:@]+)/gm))
    if (isOfDead(link!)) remove("link", "del", link!);
}

let count = 0;

/** Hosts with a network of their own, joined by a bridge at `address`. Their names have one letter. */
export class Network {
  readonly #mark = `pp${process.pid}x${count++}`;
  readonly #subnet = `10.${64 + (process.pid % 64)}.${(process.pid >> 6) % 256}`;

  constructor(test: TestContext, names: readonly string[]) {
    removeLeftovers();
    test.after(() => {
      for (const name of names) {
        // The kernel removes the links of a namespace some time after it.
        remove("link", "del", this.#link(name));
        remove("netns", "del", this.namespace(name));
      }
      remove("link", "del", this.#bridge);
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
    return `${this.#mark}${name}`;
  }

  set(name: string, state: "up" | "down"): void {
    ip("link", "set", this.#link(name), state);
  }

  get #bridge(): string {
    return `${this.#mark}br`;
  }

  #link(name: string): string {
    return `${this.#mark}${name}0`;
  }
}
