/** What commands of pueue are here, for the error about an unknown command. */
export const otherCommands: Readonly<Record<string, string>> = {
  clean: "polyproc remove --ended",
  completions: "polyproc completion SHELL",
  enqueue: "polyproc resume ID",
  parallel: "polyproc group set default -j N",
  reset: "polyproc kill queue:ID for each entry that runs, then polyproc remove --ended",
  rm: "polyproc remove ID",
  send: "an entry has no standard input: polyproc add -- sh -c 'COMMAND < FILE'",
  shutdown: "polyproc stop",
  start: "polyproc resume",
  stash: "polyproc pause ID",
  switch: "polyproc edit ID --priority N",
};
