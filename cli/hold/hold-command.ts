import { Command } from "commander";
import type { Ending } from "../ending.js";
import { exitStatus } from "../exit-status.js";
import { oneLine } from "../../protocol/one-line.js";
import { duration, wholeNumber } from "../option-values.js";
import { openOwnServer } from "../server-link.js";
import { UsageError } from "../usage-error.js";
import { hold } from "./hold.js";
import { holdFile } from "./hold-file.js";
import { namedLock } from "./named-lock.js";
import { namedSemaphore } from "./named-semaphore.js";
import type { Primitive } from "./primitive.js";

interface HoldOptions {
  timeout?: number;
  nonblock?: true;
}

interface FileOptions {
  file?: string;
  shared?: true;
}

const statuses = `
When POLYPROC_ADDRESS is not set and no server is on the default socket, one is started in the
background. It ends when it has had no client for a minute.

Exit status: the command's own; 128 + N when signal N ended it; 75 when it was not free in
time; 69 no server, or it ended while the command ran, which is then ended, too (SIGTERM);
126 and 127 the command cannot be started; 2 usage.`;

const lockHelp = `
The lock is free again when the command ends, however it ends. In a program it is the lock of that
name, such as new Lock({ name: "NAME" }). When its last holder was killed, standard error says so:
what the lock protects may be half changed.
With --file it is the lock that the program flock takes, of util-linux, which must be installed: no
server is needed, and scripts that use flock are kept out, too. The command inherits the open file.
${statuses}

Examples:
  $ polyproc lock deploy -- ./deploy.sh
  $ polyproc lock backup --nonblock -- ./backup.sh     # not when one runs already
  $ polyproc lock db --timeout 30 -- ./migrate.sh
  $ polyproc lock --file /var/lock/backup -- ./backup.sh   # as flock /var/lock/backup ./backup.sh
`;

const semHelp = `
The first client that uses a name sets the number of permits. The semaphore ends when no client uses
it. In a program it is the semaphore of that name.
${statuses}

Examples:
  $ polyproc sem downloads -n 5 -- curl -O https://example.org/big.iso
`;

/** `polyproc lock`. `command`: the arguments after `--`. */
export function lockCommand(command: readonly string[] | null, exit: (ending: Ending) => void): Command {
  return options(new Command("lock").argument("[name]", "1 to 200 characters"))
    .description("Takes the server's lock of this name, runs the command, and gives the lock back.")
    .usage("NAME | --file PATH [options] -- COMMAND [ARGUMENT...]")
    .option("--file <path>", "lock this file as flock does; it is made if missing")
    .option("--shared", "with --file: others may hold it as shared at the same time")
    .addHelpText("after", lockHelp)
    .action(async (name: string | undefined, given: HoldOptions & FileOptions, { args }: Command) => {
      if (given.file !== undefined) {
        if (name !== undefined) throw new UsageError("name a lock, or a file with --file: not both");
        const held = after([given.file, ...args], command, `polyproc lock --file ${given.file} -- COMMAND ARGUMENTS`);
        exit((await holdFile(given.file, held, patience(given), given.shared === true)) ?? exitStatus.tryLater);
        return;
      }
      if (given.shared) throw new UsageError("--shared is for --file: a lock of the server has one holder");
      if (name === undefined) throw new UsageError("name a lock: polyproc lock NAME -- COMMAND ARGUMENTS");
      const held = after(args, command, `polyproc lock ${name} -- COMMAND ARGUMENTS`);
      exit(await holding(name, held, given, namedLock(name)));
    });
}

/** `polyproc sem`. */
export function semCommand(command: readonly string[] | null, exit: (ending: Ending) => void): Command {
  return options(new Command("sem").argument("<name>", "1 to 200 characters"))
    .description(
      "Takes a permit of the server's semaphore of this name, runs the command, and gives the permit back: " +
        "at most N of them run at a time.",
    )
    .usage("NAME -n N [options] -- COMMAND [ARGUMENT...]")
    .requiredOption("-n, --permits <n>", "how many may run at a time", wholeNumber(1, 1_000_000))
    .addHelpText("after", semHelp)
    .action(async (name: string, given: HoldOptions & { permits: number }, { args }: Command) => {
      const held = after(args, command, `polyproc sem ${name} -n ${given.permits} -- COMMAND ARGUMENTS`);
      exit(await holding(name, held, given, namedSemaphore(name, given.permits)));
    });
}

function options(command: Command): Command {
  return command
    .allowExcessArguments()
    .option(
      "--timeout <duration>",
      "wait no longer than this, such as 30 (seconds), 500ms or 2m (default: as long as it takes)",
      duration,
    )
    .option("--nonblock", "do not wait");
}

/** The command after `--`. Throws UsageError if there is none. */
function after(args: readonly string[], command: readonly string[] | null, form: string): readonly string[] {
  if (args.length === 1 && command?.[0]) return command;
  throw new UsageError(`say what to run after --: ${form}`);
}

/** The name of this client in lists and for waiting clients: `polyproc lock deploy -- ./deploy.sh`. */
function clientName(command: readonly string[]): string {
  const own = process.argv.slice(2, 4).join(" ");
  return oneLine(`polyproc ${own} -- ${command.join(" ")}`.slice(0, 150)).slice(0, 200);
}

async function holding(
  name: string,
  command: readonly string[],
  given: HoldOptions,
  primitive: Primitive,
): Promise<Ending> {
  // oxlint-disable-next-line no-control-regex -- that is the rule of the wire
  if (!/^[^\u0000-\u001f]{1,200}$/.test(name))
    throw new UsageError(`a name has 1 to 200 characters and no control characters, got ${JSON.stringify(name)}`);
  const timeoutMs = patience(given);
  const { connection } = await openOwnServer(clientName(command));
  try {
    return (await hold(connection, primitive, command, timeoutMs)) ?? exitStatus.tryLater;
  } finally {
    await connection.close();
  }
}

/** Milliseconds to wait; null: without a limit. */
function patience({ nonblock, timeout }: HoldOptions): number | null {
  if (nonblock && timeout !== undefined)
    throw new UsageError("--nonblock does not wait, so --timeout has no meaning: give one of them");
  return nonblock ? 0 : (timeout ?? null);
}
