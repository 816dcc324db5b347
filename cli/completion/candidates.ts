import type { Command, Option } from "commander";
import { topics } from "../help/topics.js";

/** What a word may name, for names that only a server knows. */
export type NameKind = "run" | "process" | "lock" | "semaphore" | "entry" | "group";

/**
 * What the arguments of a command name. Commands that are not here take no names, or names that the user chooses
 * freely.
 */
const argumentKinds: Readonly<Record<string, readonly NameKind[]>> = {
  attach: ["run"],
  kill: ["run", "process"],
  stack: ["run", "process"],
  lock: ["lock"],
  sem: ["semaphore"],
  status: ["entry"],
  log: ["entry"],
  follow: ["entry"],
  wait: ["entry"],
  pause: ["entry"],
  resume: ["entry"],
  restart: ["entry"],
  edit: ["entry"],
  remove: ["entry"],
  "group set": ["group"],
  "group remove": ["group"],
};

const optionKinds: Readonly<Record<string, NameKind>> = { "--forget": "run", "--group": "group", "--after": "entry" };

/** Words that may stand at the end of the command line, and the kinds of names that may stand there. */
export interface Candidates {
  words: string[];
  kinds: readonly NameKind[];
}

/** `words`: those before the last one, without `polyproc`. `current`: the beginning of the last one. */
export function candidates(program: Command, words: readonly string[], current: string): Candidates {
  const none: Candidates = { words: [], kinds: [] };
  // From here on the words are the user's command.
  if (words.includes("--")) return none;
  let command = program;
  let path = "";
  for (const word of words) {
    const next = command.commands.find((each) => each.name() === word);
    if (!next) continue;
    command = next;
    path = `${path} ${word}`.trim();
  }
  if (path === "help") return { words: [...namesOf(program), ...Object.keys(topics)], kinds: [] };
  const before = optionOf(command, words.at(-1));
  if (before?.required) {
    const kind = optionKinds[before.long ?? ""];
    return { words: [...(before.argChoices ?? [])], kinds: kind ? [kind] : [] };
  }
  if (current.startsWith("-"))
    return {
      words: command.options.filter(({ hidden }) => !hidden).flatMap(({ long, short }) => [long ?? short ?? ""]),
      kinds: [],
    };
  const choices = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
  return { words: [...namesOf(command), ...choices], kinds: argumentKinds[path] ?? [] };
}

function namesOf(command: Command): string[] {
  return command.commands.map((each) => each.name());
}

function optionOf(command: Command, word: string | undefined): Option | undefined {
  return command.options.find(({ long, short }) => word !== undefined && (long === word || short === word));
}
