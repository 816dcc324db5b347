import { describeStack, type StackWords } from "../../../protocol/describe-stack.js";
import type { ProcessInfo } from "../../../protocol/process.js";
import type { Rpc } from "../../connection/rpc.js";
import { t } from "../../l10n.js";
import { rowText } from "../amounts.js";
import { plainText } from "./plain-text.js";

/** A process or program whose stack is wanted. `process` is null for a program that the server did not start. */
export interface StackOwner {
  name: string;
  process: ProcessInfo | null;
}

const words: StackWords = {
  moved: (ms) => t("{0} ms later:", ms),
  same: (ms) => t("{0} ms later: at the same place", ms),
};

/** The stacks of these processes, now, with what each of them waits for. `heading`: what the page is about. */
export async function stackPage(rpc: Rpc, heading: string, owners: readonly StackOwner[]): Promise<string> {
  const { waits } = await rpc.request("server/waits", {});
  const parts = await Promise.all(
    owners.map(async ({ name, process }) => {
      const title = rowText(name);
      if (process === null)
        return [title, `  ${t("The server did not start this program, so it cannot look into it.")}`];
      const why = waits.filter((wait) => wait.process === process.process).map(({ text }) => text);
      try {
        return describeStack(title, await rpc.request("process/stack", { process: process.process }), why, words);
      } catch (error) {
        const lines = error instanceof Error ? error.message : String(error);
        return [title, ...why.map((text) => `  ${text}`), `  ${plainText(lines)}`];
      }
    }),
  );
  const at = new Date().toLocaleTimeString();
  return `${[`${heading}\n${t("at {0}", at)}`, ...parts.map((lines) => lines.join("\n"))].join("\n\n")}\n`;
}

/** Where a page names a place in a file, such as `(/home/ada/report.js:4:7)`. Lines and columns count from 1. */
export function placesIn(text: string): { from: number; to: number; file: string; line: number; column: number }[] {
  return [...text.matchAll(/\(((?:\/|[A-Za-z]:\\)[^\n]*?):(\d+)(?::(\d+))?\)$/gm)].map((match) => ({
    from: match.index + 1,
    to: match.index + match[0].length - 1,
    file: match[1]!,
    line: Number(match[2]),
    column: Number(match[3] ?? 1),
  }));
}
