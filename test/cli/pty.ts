import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { waitFor, within } from "../deadline.js";
import { compiled } from "../fixture.js";
import { noServer, type TestContext } from "./polyproc.js";

/** A command line on a terminal of 80 columns and 24 lines. */
export interface TerminalRun {
  /** Everything that was written to the terminal, control sequences included. */
  text(): string;
  /** What a user would type; "\u0003" is Ctrl-C. */
  type(keys: string): void;
  /** Waits until the terminal has shown this. */
  shows(pattern: RegExp): Promise<void>;
  ended(): Promise<number>;
}

const script = fileURLToPath(new URL("../../../test/cli/fixtures/terminal.py", import.meta.url));

export function startOnTerminal(
  test: TestContext,
  args: readonly string[],
  env: Record<string, string | undefined> = {},
): TerminalRun {
  return startProgramOnTerminal(test, [process.execPath, compiled("cli/main"), ...args], env);
}

/** Any program, named by its path. */
export function startProgramOnTerminal(
  test: TestContext,
  args: readonly string[],
  env: Record<string, string | undefined> = {},
): TerminalRun {
  const child = spawn("python3", [script, ...args], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, ...noServer, TERM: "xterm", ...env },
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (more: string) => (text += more));
  child.stdin.on("error", () => {});
  const closed = once(child, "close") as Promise<[number | null, string | null]>;
  test.after(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
    await closed;
  });
  return {
    text: () => text,
    type: (keys) => void child.stdin.write(keys),
    async shows(pattern) {
      await waitFor(() => pattern.test(text), { what: `${pattern} on the terminal` }).catch((error: Error) => {
        throw new Error(`${error.message}; it shows ${JSON.stringify(text.slice(-1000))}`);
      });
    },
    async ended() {
      const [code] = await within(closed, "it to end").catch((error: Error) => {
        throw new Error(`${error.message}: ${args.join(" ")}; the terminal shows ${JSON.stringify(text.slice(-1000))}`);
      });
      return code!;
    },
  };
}
