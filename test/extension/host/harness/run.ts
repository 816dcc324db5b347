import { once } from "node:events";
import { createRequire } from "node:module";
import { connect, type Socket } from "node:net";
import { basename } from "node:path";
import { inspect } from "node:util";
import type MochaClass from "mocha";
import { orderVariable, type HostEvent, type HostTestsOrder } from "../../../vscode/host-events.js";
import { setNoteTaker } from "./note.js";

/** A test's own limit, longer than some waits; it may set another one by `this.timeout(ms)`. */
const limitMs = 180_000;

/**
 * What VS Code calls in its extension host: runs the suites with mocha and tells the test file outside what becomes of
 * each test.
 */
export async function run(): Promise<void> {
  process.setSourceMapsEnabled(true);
  const order = JSON.parse(process.env[orderVariable]!) as HostTestsOrder;
  const socket = connect(order.socket);
  await once(socket, "connect");
  const tell = (event: HostEvent) => socket.write(`${JSON.stringify(event)}\n`);
  setNoteTaker((text) => tell({ kind: "note", text }));

  // Mocha is a module that this bundle, which is CommonJS, cannot hold.
  const { default: Mocha } = (await import(order.mocha)) as { default: typeof MochaClass };
  const mocha = new Mocha({ ui: "bdd", timeout: limitMs, reporter: class {} as never });
  mocha.suite.emit("pre-require", globalThis as never, "", mocha);
  const require = createRequire(__filename);
  for (const suite of order.suites) {
    try {
      require(suite);
    } catch (error) {
      tell({ kind: "begins", title: `${basename(suite, ".cjs")} can be loaded` });
      tell({
        kind: "ends",
        skipped: false,
        error: error instanceof Error ? (error.stack ?? error.message) : inspect(error),
      });
    }
  }
  const failures = await new Promise<number>((done) => listen(mocha.run(done), tell));
  tell({ kind: "over" });
  await close(socket);
  if (failures > 0) throw new Error(`${failures} tests failed`);
}

function listen(runner: MochaClass.Runner, tell: (event: HostEvent) => void): void {
  let begun: MochaClass.Runnable | null = null;
  const begin = (runnable: MochaClass.Runnable) => {
    begun = runnable;
    tell({ kind: "begins", title: runnable.titlePath().join(" > ") });
  };
  const end = (skipped: boolean, error: string | null) => {
    begun = null;
    tell({ kind: "ends", skipped, error });
  };
  runner.on("test", begin);
  runner.on("pass", () => end(false, null));
  runner.on("pending", (test) => {
    if (begun !== test) begin(test);
    end(true, null);
  });
  runner.on("fail", (runnable, error) => {
    // A hook fails without having begun, maybe within a test.
    if (begun !== null && begun !== runnable) end(false, `not run: ${runnable.title} failed`);
    if (begun !== runnable) begin(runnable);
    end(false, error instanceof Error ? (error.stack ?? error.message) : inspect(error, { depth: 4 }));
  });
}

async function close(socket: Socket): Promise<void> {
  socket.end();
  await once(socket, "close");
}
