import type { Ask } from "./tool.js";

/** The command line as one could type it into a shell, so that each word can be told from the others. */
export function commandLine(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./{}-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(" ");
}

/** The question for a person. */
export function question(ask: Ask): string {
  switch (ask.kind) {
    case "command":
      return `Run ${commandLine(ask.words)} ${forItems(ask.count)}?`;
    case "module":
      return `Run the function ${ask.export} of ${ask.file} ${forItems(ask.count)}?`;
    case "kill":
      return `End ${ask.what}?`;
  }
}

function forItems(count: number): string {
  return count === 1 ? "for one item" : `for ${count} items`;
}

/** What a person allowed beforehand. */
export interface Allowed {
  /** Patterns of command lines. `*` stands for any text. */
  commands: readonly string[];
  /** Patterns of absolute paths of modules. `*` stands for any text without `/`, `**` for any text. */
  modules: readonly string[];
  kill: boolean;
}

export function isAllowed(ask: Ask, allowed: Allowed): boolean {
  switch (ask.kind) {
    case "command": {
      const line = commandLine(ask.words);
      return allowed.commands.some((pattern) => matches(line, pattern, "[^]*"));
    }
    case "module":
      return allowed.modules.some((pattern) => matches(ask.file, pattern, "[^/]*"));
    case "kill":
      return allowed.kill;
  }
}

/** The option that would allow it, for an error. */
export function optionFor(ask: Ask): string {
  switch (ask.kind) {
    case "command":
      return `--allow-command '${commandLine(ask.words).replaceAll("'", `'\\''`)}'`;
    case "module":
      return `--allow-module '${ask.file}'`;
    case "kill":
      return "--allow-kill";
  }
}

function matches(text: string, pattern: string, star: string): boolean {
  const source = pattern.replace(/\*\*|\*|[\\^$.|?+()[\]{}]/g, (found) =>
    found === "**" ? "[^]*" : found === "*" ? star : `\\${found}`,
  );
  return new RegExp(`^${source}$`).test(text);
}
