import { Socket, type SocketConstructorOpts } from "node:net";
import { parseArguments, usage, type ServerArguments } from "./arguments.js";
import { DirectIntake } from "./ipc/framing/direct-intake.js";
import { closeInherited } from "./os/inherited.js";
import { reportFault } from "./handlers/server-fault.js";
import { tellPeople } from "./handlers/standard-error.js";
import { PolyprocServer, type OwnerSocket } from "./server.js";
import { UsageError } from "./usage-error.js";
import { version } from "./version.js";

/** Exit status after a fault of the server's own (EX_SOFTWARE). */
const faultStatus = 70;
/** Exit status for a command line that cannot be served. */
const usageStatus = 2;

let server: PolyprocServer | undefined;

process.on("uncaughtException", die);
process.on("unhandledRejection", die);

/** Resolves when the server serves, or has reported why it does not. */
export async function start(argv: readonly string[]): Promise<void> {
  try {
    if (argv[0] === "agent") {
      closeInherited(null);
      const { runAgent } = await import("./agent-main.js");
      server = await runAgent(argv.slice(1));
      return;
    }
    const given = parseArguments(argv);
    if (given === "help") process.stdout.write(usage);
    else if (given === "version") process.stdout.write(`${version}\n`);
    else await run(given);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    tellPeople(error.message);
    process.exitCode = usageStatus;
  }
}

async function run(options: ServerArguments): Promise<void> {
  let signals = 0;
  const end = () => {
    // A second signal ends the server at once. The guardian ends the children.
    if (++signals > 1 || !server) process.exit(1);
    void server.stop();
  };
  process.on("SIGINT", end);
  process.on("SIGTERM", end);
  process.on("SIGHUP", end);

  closeInherited(options.fd);
  server = await PolyprocServer.start(options);
  server.onStopped = () => process.exit(0);
  if (!options.stdio) {
    for (const address of server.addresses()) process.stdout.write(`polyproc: listening on ${address}\n`);
    process.stdout.on("error", () => {});
  }
  if (options.stdio) server.servePrivately("stdio");
  if (options.fd !== null) server.servePrivately(inheritedSocket(options.fd));
}

function inheritedSocket(fd: number): OwnerSocket {
  const intake = new DirectIntake();
  try {
    return {
      socket: new Socket({
        fd,
        readable: true,
        writable: true,
        allowHalfOpen: true,
        onread: intake.onread,
      } as SocketConstructorOpts),
      intake,
    };
  } catch (error) {
    throw new UsageError(
      `--fd ${fd}: not an open socket (${(error as Error).message}); it is for programs that start the server with one`,
    );
  }
}

/** Handles an unexpected exception: the state can no longer be trusted. Ends the children, then the server. */
function die(error: unknown): void {
  process.exitCode = faultStatus;
  try {
    reportFault(error);
  } finally {
    const exit = () => process.exit(faultStatus);
    if (server) {
      server.onStopped = exit;
      server.stop().catch(exit);
      setTimeout(exit, 3000).unref();
    } else {
      exit();
    }
  }
}
