import { Option, type Command } from "commander";
import { UsageError } from "../usage-error.js";

/** Options of parallel and xargs that map does not have, and what is there instead. A test holds docs/ to it. */
export const otherOptions: readonly (readonly [names: string, instead: string])[] = [
  ["--link --xapply", "`:::+` in place of the second `:::`"],
  ["--xargs", "`-m`"],
  ["-l -i -e", "`-L N`, `-I TEXT`, and nothing for `-e`: these spellings are obsolete"],
  ["-E --eof", "`sed '/^END$/,$d' FILE |` ends the items at that line"],
  ["-s --max-chars", "`-n N`; `-m` and `-X` take up to 128 KiB"],
  ["-x --exit", "nothing: an item that is too long fails by itself"],
  ["-t -v --verbose", "`--dry-run` prints the commands, and `--log FILE` has those that ran"],
  ["-p --interactive", '`--tty --shell \'read -p "{}? " a && [ "$a" = y ] && COMMAND {}\'`'],
  ["--quote", "nothing is needed: no shell reads the command"],
  ["--shell-quote", "nothing is needed: `--shell` quotes what stands for an item"],
  ["--plus --rpl --parens", "`--shell` with the forms of the shell, such as `${x%.*}`, or a function by `--module`"],
  [
    "--extensionreplace --er --basenamereplace --bnr --dirnamereplace --dnr --basenameextensionreplace --bner " +
      "--seqreplace --slotreplace -U",
    "`{.}`, `{/}`, `{//}`, `{/.}`, `{#}` and `{%}` as they are",
  ],
  ["--arg-sep --arg-file-sep", "`:::` and `::::` as they are"],
  ["--skip-first-line", "`tail -n +2 FILE |`"],
  ["--filter", "`grep` before it, for items that come through a pipe"],
  ["--process-slot-var", "`--shell 'NAME={%} COMMAND'`"],
  ["--total-jobs --total", "`--eta` knows the number of items that come from arguments and files"],
  ["--template --tmpl", "`--shell 'sed s/X/{}/ TEMPLATE > FILE; COMMAND FILE'`"],
  ["--round-robin --round", "`--pipe --block SIZE`: each command gets one block"],
  ["--cat --fifo", "`--pipe --shell 'cat > /tmp/block{#}; COMMAND /tmp/block{#}'`"],
  ["--regexp --remove-rec-sep --rrs", "`--recend TEXT` is a text, and stays in the block"],
  ["--tee --shard --bin --group-by", "`--pipe` with `-n` and `--block`: blocks follow one another"],
  ["--block-timeout --bt", "`--pipe` passes a block on when it is full or the input has ended"],
  [
    "--compress --compress-program --compressprogram --use-compress-program",
    "nothing is needed: long output waits in TMPDIR as it is",
  ],
  [
    "--decompress-program --decompressprogram --use-decompress-program",
    "nothing is needed: long output waits in TMPDIR as it is",
  ],
  ["--tmpdir --tempdir", "the variable `TMPDIR`"],
  ["--latest-line --ll", "`--progress bar`"],
  ["--color --color-failed --cf --ctag --ctagstring", "`--tag` and `--tagstring`, without colours"],
  ["--no-keep-order --nok", "leave `-k` out"],
  ["--tmux --tmuxpane", "`--detach`, `polyproc attach` and `polyproc top`"],
  ["--open-tty -o", "`--tty`"],
  ["--ssh-delay", "`--delay`"],
  ["--limit", "`--load`, `--memfree`, or `-j FILE`, which is read again while it runs"],
  ["--noswap", "`--memfree` or `--memsuspend`"],
  ["--term-seq", "`--halt now`, `--timeout` and Ctrl-C send SIGTERM, and SIGKILL a second later"],
  ["--use-sockets-instead-of-threads --use-cores-instead-of-threads --use-cpus-instead-of-cores", "`-j 50%`"],
  ["--number-of-cpus --number-of-cores --number-of-sockets --number-of-threads", "`nproc`"],
  ["--max-line-length-allowed --show-limits", "`-m` and `-X` take up to 128 KiB"],
  ["--retry-failed", "`--resume-failed` with the command and the items"],
  ["--sql --sql-master --sql-worker --sql-and-worker", "`--json`, `--log FILE` or `polyproc runs export`"],
  [
    "-S --sshlogin --sshloginfile --slf --onall --nonall --ssh --controlmaster -M --filter-hosts --hostgroups " +
      "--hostgrp --hgrp --rsync-opts --basefile --bf --transfer --transferfile --tf --return --trc --cleanup",
    "`--cluster`, for hosts that run `polyproc agent` on the same files",
  ],
  ["--semaphore --semaphore-name --semaphore-timeout --st --id --fg --bg --wait", "`polyproc sem` and `polyproc lock`"],
  ["--profile -J --record-env --session --embed", "a function or an alias of the shell"],
  ["--shebang --hashbang --shebang-wrap", "`#!/bin/sh` with `polyproc map` in the script"],
  ["--shell-completion", "`polyproc completion SHELL`"],
  ["--minversion", "`polyproc --version`"],
  ["--plain --tollef --ctrlc --no-ctrlc --bug", "nothing is needed"],
];

/** What parallel and xargs need options for, and holds here in any case. */
export const needlessOptions: readonly string[] = [
  "--will-cite",
  "--no-notice",
  "--gnu",
  "--group",
  "--silent",
  "--no-run-if-empty",
  "-r",
];

/** Makes each of them an error that names what is there instead. Help does not list them. */
export function addOtherOptions(command: Command): Command {
  for (const [names, instead] of otherOptions)
    for (const name of names.split(" ")) {
      const option = new Option(name).hideHelp();
      command.addOption(option).on(`option:${option.name()}`, () => {
        throw new UsageError(`${name} of GNU parallel is not here; in place of it: ${instead}`);
      });
    }
  for (const name of needlessOptions) command.addOption(new Option(name).hideHelp());
  return command;
}
