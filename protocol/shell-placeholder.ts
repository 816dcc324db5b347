const shells = /^(?:sh|bash|dash|zsh|ksh)$/;
/** `-c`, alone or with other letters: `-ec`, `-lc`. */
const commandOption = /^-[a-zA-Z]*c[a-zA-Z]*$/;
/** Not `{index}`, which is a number, nor `{{item}}`, which stands for itself. */
const item = /(?<!\{)\{item(?:\.[A-Za-z_][\w.-]*)?\}(?!\})/;

/**
 * A warning for a command that inserts the item into the program text of a shell: an item such as `; rm -r .` would
 * run. Null for other commands, and for a program text that is the placeholder alone: there the item is meant to run.
 */
export function shellPlaceholderWarning(command: string, args: readonly string[] = []): string | null {
  const words = [command, ...args];
  const at = words.findIndex((word) => shells.test(word.slice(word.lastIndexOf("/") + 1)));
  if (at === -1) return null;
  const option = words.findIndex((word, i) => i > at && commandOption.test(word));
  const text = option === -1 ? undefined : words.slice(option + 1).find((word) => !/^[-+]/.test(word));
  const found = text === undefined ? null : item.exec(text)?.[0];
  if (!found || found === text) return null;
  const shell = words[at]!;
  return (
    `${found} stands inside of the program that ${shell} -c runs, so an item such as "; rm -r ." is run, too. ` +
    `Pass it as an argument, and write "$1" for it: ${shell} -c '… "$1"' ${shell} ${found}`
  );
}
