/** On the process: run.ts and each suite are bundles of their own. */
const shared = globalThis as { polyprocNote?: (text: string) => void };

export function setNoteTaker(take: (text: string) => void): void {
  shared.polyprocNote = take;
}

/** Something measured, printed with the results of the run. */
export function note(text: string): void {
  shared.polyprocNote?.(text);
}
