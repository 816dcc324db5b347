import type { Command } from "commander";
import type { Ending } from "./ending.js";

/** What the commands are made of. */
export interface CommandLine {
  /** All arguments of `polyproc`. */
  argv: readonly string[];
  /** Those after `--`. Null if there is no `--`. */
  command: readonly string[] | null;
  /** The command that all others belong to. */
  program: Command;
  /** Receives how the command line ends. */
  exit: (ending: Ending) => void;
}

export interface CommandEntry {
  /** What the list of commands says about it. */
  summary: string;
  load: (line: CommandLine) => Promise<Command>;
}

/**
 * All commands, in the order of the help. A command's module is loaded when that command is called: to load all of them
 * would take longer than many commands run.
 */
export const commands: Readonly<Record<string, CommandEntry>> = {
  serve: {
    summary: "serve processes and primitives to other programs",
    load: async ({ argv, exit }) => (await import("./serve.js")).serveCommand(argv, exit),
  },
  agent: {
    summary: "run tasks of a cluster on this host",
    load: async ({ argv, exit }) => (await import("./agent.js")).agentCommand(argv, exit),
  },
  map: {
    summary: "run a command or a function once for each item, N at a time",
    load: async ({ command, exit }) => (await import("./map/map-command.js")).mapCommand(command, exit),
  },
  run: {
    summary: "run one command as a process of the server",
    load: async ({ command, exit }) => (await import("./run.js")).runCommand(command, exit),
  },
  runs: {
    summary: "list the server's runs",
    load: async ({ exit }) => (await import("./runs/runs-command.js")).runsCommand(exit),
  },
  attach: {
    summary: "follow a run of the server to its end",
    load: async ({ exit }) => (await import("./runs/attach-command.js")).attachCommand(exit),
  },
  cache: {
    summary: "show or clear the outcomes that map --cache keeps",
    load: async ({ exit }) => (await import("./cache/cache-command.js")).cacheCommand(exit),
  },
  ps: {
    summary: "list the server's processes",
    load: async ({ exit }) => (await import("./ps/ps-command.js")).psCommand(exit),
  },
  top: {
    summary: "watch the server's processes",
    load: async ({ exit }) => (await import("./top/top-command.js")).topCommand(exit),
  },
  stack: {
    summary: "show where running functions are",
    load: async ({ exit }) => (await import("./stack.js")).stackCommand(exit),
  },
  kill: {
    summary: "end processes of the server",
    load: async ({ exit }) => (await import("./kill.js")).killCommand(exit),
  },
  stop: {
    summary: "end the server with all that it runs",
    load: async ({ exit }) => (await import("./stop.js")).stopCommand(exit),
  },
  lock: {
    summary: "hold a named lock while a command runs",
    load: async ({ command, exit }) => (await import("./hold/hold-command.js")).lockCommand(command, exit),
  },
  sem: {
    summary: "hold one of N permits while a command runs",
    load: async ({ command, exit }) => (await import("./hold/hold-command.js")).semCommand(command, exit),
  },
  mcp: {
    summary: "offer the server to an agent (Model Context Protocol)",
    load: async ({ exit }) => (await import("./mcp/mcp-command.js")).mcpCommand(exit),
  },
  add: {
    summary: "queue a command that outlives this terminal",
    load: async ({ command }) => (await import("./queue/add-command.js")).addCommand(command),
  },
  status: { summary: "show your queue", load: async () => (await import("./queue/status-command.js")).statusCommand() },
  log: {
    summary: "show what entries of your queue wrote",
    load: async () => (await import("./queue/log-commands.js")).logCommand(),
  },
  follow: {
    summary: "print what an entry writes until it ends",
    load: async ({ exit }) => (await import("./queue/log-commands.js")).followCommand(exit),
  },
  wait: {
    summary: "wait until entries of your queue have ended",
    load: async ({ exit }) => (await import("./queue/wait-command.js")).waitCommand(exit),
  },
  pause: {
    summary: "pause your queue, a group or an entry",
    load: async () => (await import("./queue/change-commands.js")).pauseCommand(),
  },
  resume: {
    summary: "let your queue, a group or an entry go on",
    load: async () => (await import("./queue/change-commands.js")).resumeCommand(),
  },
  restart: {
    summary: "queue entries again",
    load: async () => (await import("./queue/change-commands.js")).restartCommand(),
  },
  edit: {
    summary: "change an entry of your queue that does not run",
    load: async ({ command }) => (await import("./queue/edit-command.js")).editCommand(command),
  },
  remove: {
    summary: "forget entries of your queue and their logs",
    load: async () => (await import("./queue/change-commands.js")).removeCommand(),
  },
  group: {
    summary: "list, add, change and remove groups of your queue",
    load: async () => (await import("./queue/group-command.js")).groupCommand(),
  },
  lsp: {
    summary: "be a language server for an editor",
    load: async ({ exit }) => (await import("./lsp/lsp-command.js")).lspCommand(exit),
  },
  completion: {
    summary: "print a script that completes the command line",
    load: async ({ command, program }) =>
      (await import("./completion/completion-command.js")).completionCommand(command, program),
  },
  help: {
    summary: "tell more about a command or a topic",
    load: async ({ program }) => (await import("./help/help-command.js")).helpCommand(program),
  },
};
