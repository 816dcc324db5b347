import assert from "node:assert/strict";
import { after, before } from "node:test";
import { waitFor, within } from "../deadline.js";
import { RawClient, type Framing } from "./clients.js";
import { startUnixServer, type ServerProcess } from "./server-process.js";

const MiB = 1024 * 1024;

/**
 * One server for all tests of a suite. At the end it must still serve a client that was connected all the time, and
 * have no other session, no object, nothing on standard error and no more memory than before.
 */
export class SharedServer {
  #server!: ServerProcess & { path: string };
  #good!: RawClient;
  #rssAtFirst = 0;

  /** In a suite: starts the server before its tests, and checks it after them. */
  constructor() {
    const cleanups: (() => void | Promise<void>)[] = [];
    before(async () => {
      this.#server = await startUnixServer({ after: (clean) => void cleanups.unshift(clean) });
      this.#good = await this.opened("frames");
      // The door that is loaded late is there for the measurement, too.
      (await this.opened("json")).close();
      this.#rssAtFirst = await this.rss();
    });
    after(async () => {
      try {
        const status = async () =>
          (await within(this.good.request("server/status"), "an answer for the well-behaved client")).result;
        await waitFor(async () => (await status()).sessions === 1, { what: "the end of all other sessions" });
        assert.equal((await status()).objects, 0);
        assert.equal(this.#server.stderr(), "");
        await this.hasNotGrown();
      } finally {
        this.good.close();
        for (const clean of cleanups) await clean();
      }
    });
  }

  get path(): string {
    return this.#server.path;
  }

  /** A well-behaved client, connected all the time. */
  get good(): RawClient {
    return this.#good;
  }

  opened(framing: Framing): Promise<RawClient> {
    return RawClient.open(this.path, framing);
  }

  async rss(): Promise<number> {
    return (await this.good.request("server/status")).result.rssBytes as number;
  }

  hasNotGrown(): Promise<unknown> {
    return this.hasGrownByLessThan(250 * MiB, this.#rssAtFirst);
  }

  /** What is garbage is collected at some time. */
  hasGrownByLessThan(bytes: number, before: number): Promise<unknown> {
    const what = `a server of less than ${bytes} bytes more than ${before}`;
    return waitFor(async () => (await this.rss()) - before < bytes, { what, intervalMs: 100 });
  }
}
