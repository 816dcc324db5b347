import { Command } from "commander";
import { PolyprocError } from "../protocol/errors.js";
import type { OutputLine } from "../protocol/process.js";
import type { Ending } from "./ending.js";
import { exitStatus, shellStatus, signalStatus } from "./exit-status.js";
import { openAnyServer, type ServerLink } from "./server-link.js";
import { literally } from "./map/target/command-target.js";
import { onInterruption } from "./signals.js";
import { surroundings } from "./surroundings.js";
import { onSuspension } from "./suspension.js";
import { Terminal } from "./terminal.js";
import { UsageError } from "./usage-error.js";

const help = `
The command is a process of the server: polyproc ps shows it, polyproc kill ends it. It runs in this
folder with this environment, and without standard input; what it writes comes line by line.
It ends, with everything that it started, when this command does: Ctrl-C, SIGTERM and SIGHUP ask it
to end and kill what is left after a second; a second one kills at once. Ctrl-Z stops it, fg
continues it.

Exit status: the command's own; 128 + N when signal N ended it; 126 it cannot be executed;
127 it was not found; 2 usage; 69 no server. After Ctrl-C it ends by that signal (130 in $?).

Examples:
  $ polyproc run -- make -j8
  $ polyproc run --name nightly -- sh -c 'build && test'
`;

/** Milliseconds between SIGTERM and SIGKILL after Ctrl-C. */
const graceMs = 1000;

/** `polyproc run`. `command`: the arguments after `--`. */
export function runCommand(command: readonly string[] | null, exit: (ending: Ending) => void): Command {
  return new Command("run")
    .description("Runs one command as a process of the server, and passes its output and its exit status on.")
    .usage("[--name NAME] -- COMMAND [ARGUMENT...]")
    .option("--name <name>", "what ps calls it (default: Process-N)")
    .allowExcessArguments()
    .addHelpText("after", help)
    .action(async (options: { name?: string }, { args }: Command) => {
      if (args.length > 0 || !command?.[0])
        throw new UsageError("say what to run after --: polyproc run -- COMMAND ARGUMENTS");
      const server = await openAnyServer();
      try {
        exit(await run(server, command, options.name));
      } finally {
        await server.connection.close();
      }
    });
}

async function run(server: ServerLink, command: readonly string[], name: string | undefined): Promise<Ending> {
  const { connection } = server;
  const process = connection.mint("process");
  const terminal = new Terminal();
  let ending: Ending | null = null;
  let pid: number | null = null;
  // Both fail if the process has not started or has ended: then there is nothing to end.
  const kill = () => void connection.request("process/kill", { process }).catch(() => {});
  const terminate = () => void connection.request("process/terminate", { process, graceMs }).catch(() => {});
  const stopWatching = onInterruption((signal) => {
    if (ending === null) terminate();
    else kill();
    ending = signal;
  });
  const stopSuspending = onSuspension(async () => (pid === null || !server.isLocal ? [] : [pid]));
  terminal.onOutputGone(() => {
    ending ??= signalStatus("SIGPIPE");
    kill();
  });
  connection.on("events/output", ({ lines }) =>
    write(
      terminal,
      lines.filter((line) => line.process === process),
    ),
  );
  try {
    await connection.request("events/watchOutput", { scope: "own", lossless: true });
    const [program, ...args] = command;
    const around = surroundings(server);
    // What is sent after the request ends the process; what came before found none.
    if (ending !== null) return ending;
    ({ pid } = await connection.request("process/start", {
      process,
      // There is no item, so braces are plain text.
      target: {
        command: program!,
        args: args.map(literally),
        ...(around && { umask: around.umask, nice: around.nice, limits: around.limits }),
      },
      daemon: true,
      ...(name === undefined ? {} : { name }),
      ...(around && { cwd: around.cwd, env: around.env }),
    }));
    const { exitCode } = await connection.request("process/join", { process });
    pid = null;
    return ending ?? shellStatus(exitCode ?? 0);
  } catch (error) {
    if (!(error instanceof PolyprocError) || error.codeName !== "SpawnFailed") throw error;
    terminal.err(`polyproc: ${error.message}\n`);
    return error.data["errno"] === "ENOENT" ? exitStatus.commandNotFound : exitStatus.notExecutable;
  } finally {
    await terminal.flushed();
    stopWatching();
    stopSuspending();
  }
}

/** Writes lines in order. Successive lines of one stream are written together. */
function write(terminal: Terminal, lines: readonly OutputLine[]): void {
  for (let start = 0; start < lines.length;) {
    const { stream } = lines[start]!;
    let end = start;
    while (end < lines.length && lines[end]!.stream === stream) end++;
    const text = lines
      .slice(start, end)
      .map((line) => (line.partial ? line.text : `${line.text}\n`))
      .join("");
    if (stream === "stdout") terminal.out(text);
    else terminal.err(text);
    start = end;
  }
}
