import { cheatSheet } from "./cheat-sheet.js";

export interface Topic {
  /** Its subject, in a few words. */
  summary: string;
  text: string;
}

/** The topics of `polyproc help` besides the commands. */
export const topics: Readonly<Record<string, Topic>> = {
  replacements: {
    summary: "what stands for an item in the arguments of a command of map",
    text: `In the arguments of a command of polyproc map

  {}  {item}       the item; all its fields when it has several
  {.}              the item without its extension: a/b.txt becomes a/b
  {/}              its last part: b.txt
  {//}             its folder: a
  {/.}             its last part without the extension: b
  {1}  {-1}        its first field, its last one; also {1.}, {1/}, {1//}, {1/.}
  {name}           the field that the header calls so; also {name.}, {name/} ...
  {item.name}      the member of that name, when items are JSON (--json-items)
  {#}  {index}     the item's position, from 1 and from 0
  {%}              which of the commands that run at a time it is, from 1
  {{}}             the text {}

Other words in braces are text, and so is what follows a $, as in \${1}. An item that lacks a field
fails. If no argument has the item, it is the last argument. In --shell LINE each of them is an
argument of the shell, so an item is never read as shell. --dry-run shows what would run.
`,
  },
  "exit-status": {
    summary: "how the commands of polyproc end",
    text: `0     all well
1     some items or entries have failed, or a named object was not found
2     the command line cannot be understood; the message says what to change
69    no server answers, or the server ended
75    lock, sem or wait: not in time
126   run, lock, sem: the command cannot be executed
127   run, lock, sem: the command was not found
141   the reader of the output closed it (| head)

run, lock, sem, follow, and wait with one entry end with the status of the command: 128 + N when
signal N ended it. After Ctrl-C, SIGTERM or SIGHUP polyproc ends by that signal itself, so that a
script ends, too; a shell shows 130, 143 or 129.
`,
  },
  environment: {
    summary: "variables that polyproc reads and sets",
    text: `POLYPROC_ADDRESS   the server: unix:PATH, tcp:HOST:PORT or tls:HOST:PORT
POLYPROC_TOKEN     its token on TCP
POLYPROC_SERVE     a command that starts that server, when none answers there
POLYPROC_CONFIG    the configuration of a server: runtimes of further languages
POLYPROC_CLUSTER   the store of a cluster: redis://HOST
XDG_RUNTIME_DIR    has the default socket, polyproc/server.sock (otherwise ~/.cache has it)
XDG_STATE_HOME     has the queue (default: ~/.local/state)
XDG_CACHE_HOME     has the outcomes of map --cache, and translated TypeScript (default: ~/.cache)
TMPDIR             has long output while it waits to be printed

The hook of a queue's entry finds POLYPROC_QUEUE_ID, _NAME, _GROUP, _STATE, _EXIT_CODE, _REASON,
_SECONDS and _COMMAND.
`,
  },
  cheatsheet: {
    summary: "what to write in place of parallel, xargs, pueue, tsp and flock",
    text: cheatSheet(),
  },
};
