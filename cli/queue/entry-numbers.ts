import { UsageError } from "../usage-error.js";

const most = 10_000;

/** The numbers of entries: `3`, `3-7`, `3,5`, `queue:3`, in any order. Throws UsageError. */
export function entryNumbers(texts: readonly string[]): number[] {
  const numbers = new Set<number>();
  for (const text of texts) {
    for (const part of text.replace(/^queue:/, "").split(",")) {
      const [, first, last = first] = /^([1-9]\d{0,14})(?:-([1-9]\d{0,14}))?$/.exec(part) ?? [];
      if (first === undefined || Number(last) < Number(first))
        throw new UsageError(`expected the number of an entry, such as 3, 3-7 or 3,5; got ${JSON.stringify(text)}`);
      if (Number(last) - Number(first) >= most) throw new UsageError(`${text}: at most ${most} entries at once`);
      for (let number = Number(first); number <= Number(last); number++) numbers.add(number);
    }
  }
  return [...numbers];
}
