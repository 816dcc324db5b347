import { pathToFileURL } from "node:url";
import { Command } from "commander";
import { serverMain } from "../bindings/typescript/session/server-main.js";
import { serveDetached } from "./serve-detached.js";
import { defaultSocketPath } from "../bindings/typescript/session/default-socket.js";

/** A bundle is a CommonJS module: its exports are in `default`. */
type ServerModule = { started?: Promise<void>; default?: { started: Promise<void> } };

const help = `
Without --listen and --stdio it listens on the default socket, where the other commands look for it:
server.sock in $XDG_RUNTIME_DIR/polyproc, else in ~/.cache/polyproc.
polyproc serve --help lists every option. With --detach it goes on in the background, without this
terminal: the command returns once it listens.

Examples:
  $ polyproc serve
  $ polyproc serve --listen unix:/tmp/me/polyproc.sock --idle-timeout 600
  $ polyproc serve --detach --idle-timeout 3600
  $ polyproc serve --listen tcp:127.0.0.1:7070 --token-file ~/.polyproc-token
`;

/** `polyproc serve`. Its options are the server's own. `argv`: the whole command line. */
export function serveCommand(argv: readonly string[], exit: (status: number) => void): Command {
  return withServerOptions("serve")
    .description("Runs a server, which owns the processes, pools, locks and queues of its clients.")
    .usage("[--listen ADDRESS] [--stdio] [--idle-timeout SECONDS] [--detach] ...")
    .addHelpText("after", help)
    .action(() => serve(argv.slice(argv.indexOf("serve") + 1), exit));
}

/** A command that leaves its options, `--help` too, to the server. */
export function withServerOptions(name: string): Command {
  return new Command(name).argument("[option...]").helpOption(false).allowUnknownOption();
}

/** Runs the server in this process, so that the pid is the server's; with --detach, in another one. */
async function serve(options: readonly string[], exit: (status: number) => void): Promise<void> {
  if (options.includes("--detach")) {
    const others = options.filter((option) => option !== "--detach");
    await serveDetached(
      others.includes("--listen") ? others : [...others, "--listen", `unix:${defaultSocketPath()}`, "--queue"],
    );
    return;
  }
  const saysWhere = options.some((option) => /^--(listen|stdio|fd|help|version)(=|$)|^-h$/.test(option));
  const path = defaultSocketPath();
  const status = await runServerHere([...options, ...(saysWhere ? [] : ["--listen", `unix:${path}`, "--queue"])]);
  if (status !== 0) exit(status);
  else if (!saysWhere) process.stdout.write(`export POLYPROC_ADDRESS=${quoted(`unix:${path}`)}\n`);
}

/** Runs the server in this process. Returns once it serves, with 0, or with the status that it failed with. */
export async function runServerHere(options: readonly string[]): Promise<number> {
  process.argv = [process.argv[0]!, serverMain, ...options];
  const server = (await import(pathToFileURL(serverMain).href)) as ServerModule;
  await (server.started ?? server.default?.started);
  return Number(process.exitCode ?? 0);
}

/** Quotes the text for a shell, if necessary. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
