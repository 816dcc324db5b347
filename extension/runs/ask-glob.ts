import * as vscode from "vscode";
import { findFiles } from "../items/find-files.js";
import { ItemsError, type ItemSource } from "../items/item-source.js";
import { readPatterns } from "../items/patterns.js";
import { t } from "../l10n.js";

const defaultGlob = "**/*";
/** A search begins after this many milliseconds without a key. */
const pauseMs = 100;

type Validation = string | vscode.InputBoxValidationMessage | undefined;

/**
 * Asks for a pattern of files, and shows how many match. It shows this for the first text, too, for which
 * `showInputBox` shows nothing. A pattern without a match is refused, and the question stays open.
 */
export async function askGlob(title: string, last: ItemSource | undefined): Promise<ItemSource | undefined> {
  const input = vscode.window.createInputBox();
  input.title = title;
  input.value =
    last?.kind === "glob"
      ? [...last.include, ...(last.exclude ?? []).map((pattern) => `!${pattern}`)].join(", ")
      : defaultGlob;
  input.prompt = t(
    "Pattern of files, relative to the workspace. Several with commas; ! excludes files: src/**/*.ts, !**/*.test.ts",
  );
  input.ignoreFocusOut = true;
  const matches = new Matches(input);
  try {
    return await new Promise<ItemSource | undefined>((resolve) => {
      let pause: NodeJS.Timeout | undefined;
      input.onDidChangeValue(() => {
        clearTimeout(pause);
        pause = setTimeout(() => void matches.show(), pauseMs);
      });
      input.onDidAccept(async () => {
        clearTimeout(pause);
        const { value } = input;
        const isAccepted = await matches.show();
        const read = readPatterns(value);
        if (isAccepted && !("problem" in read)) resolve({ kind: "glob", ...read });
      });
      input.onDidHide(() => {
        clearTimeout(pause);
        resolve(undefined);
      });
      input.show();
      void matches.show();
    });
  } finally {
    matches.stop();
    input.dispose();
  }
}

/** Counts the files that match what is typed, and shows the count in the input. */
class Matches {
  readonly #input: vscode.InputBox;
  #search = new AbortController();

  constructor(input: vscode.InputBox) {
    this.#input = input;
  }

  /** Whether the text can be accepted. False if a later call has begun. */
  async show(): Promise<boolean> {
    this.stop();
    const { signal } = (this.#search = new AbortController());
    const validation = await validationOf(this.#input.value, signal);
    if (signal.aborted) return false;
    this.#input.validationMessage = validation;
    return typeof validation !== "string";
  }

  stop(): void {
    this.#search.abort();
  }
}

async function validationOf(typed: string, signal: AbortSignal): Promise<Validation> {
  const read = readPatterns(typed);
  if ("problem" in read) return read.problem;
  try {
    const { length } = await findFiles(read.include, read.exclude, undefined, signal);
    if (length === 0) return t("No file matches");
    const message = t(length === 1 ? "{0} file matches" : "{0} files match", length.toLocaleString());
    return { message, severity: vscode.InputBoxValidationSeverity.Info };
  } catch (error) {
    return error instanceof ItemsError ? error.message : undefined;
  }
}
