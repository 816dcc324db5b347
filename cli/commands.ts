/** All commands, in the order of the help, with what the list of them says. `load-command.ts` loads them. */
export const commands = {
  serve: "serve processes and primitives to other programs",
  agent: "run tasks of a cluster on this host",
  map: "run a command or a function once for each item, N at a time",
  run: "run one command as a process of the server",
  runs: "list the server's runs",
  attach: "follow a run of the server to its end",
  cache: "show or clear the outcomes that map --cache keeps",
  ps: "list the server's processes",
  top: "watch the server's processes",
  stack: "show where running functions are",
  kill: "end processes of the server",
  stop: "end the server with all that it runs",
  lock: "hold a named lock while a command runs",
  sem: "hold one of N permits while a command runs",
  mcp: "offer the server to an agent (Model Context Protocol)",
  add: "queue a command that outlives this terminal",
  status: "show your queue",
  log: "show what entries of your queue wrote",
  follow: "print what an entry writes until it ends",
  wait: "wait until entries of your queue have ended",
  pause: "pause your queue, a group or an entry",
  resume: "let your queue, a group or an entry go on",
  restart: "queue entries again",
  edit: "change an entry of your queue that does not run",
  remove: "forget entries of your queue and their logs",
  group: "list, add, change and remove groups of your queue",
  lsp: "be a language server for an editor",
  completion: "print a script that completes the command line",
  help: "tell more about a command or a topic",
};

export type CommandName = keyof typeof commands;

export function isCommand(name: string): name is CommandName {
  return Object.hasOwn(commands, name);
}
