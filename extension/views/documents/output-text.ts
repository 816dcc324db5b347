import type { OutputLine } from "../../../protocol/process.js";
import { numberText } from "../amounts.js";
import { t } from "../../l10n.js";
import { plainText } from "./plain-text.js";

/** Most characters that are kept: an editor takes this many several times a second. */
const mostCharacters = 512 * 1024;

/** The known output of a process, as the text of a document. */
export class OutputText {
  /** Number of the first line that has not been taken yet. */
  nextLine = 0;
  #lines: { text: string; ended: boolean }[] = [];
  #characters = 0;
  #dropped = 0;

  /** Whether it changed. Lines that it has already are left out, so that answers may overlap. */
  take(answer: { lines: readonly OutputLine[]; dropped: number }): boolean {
    const news = answer.lines.filter((line) => line.line >= this.nextLine);
    this.#dropped += answer.dropped;
    for (const line of news) {
      const text = plainText(line.text);
      this.#lines.push({ text, ended: !line.partial });
      this.#characters += text.length + 1;
      this.nextLine = line.line + 1;
    }
    let first = 0;
    while (this.#characters > mostCharacters && first < this.#lines.length - 1)
      this.#characters -= this.#lines[first++]!.text.length + 1;
    if (first > 0) {
      this.#lines = this.#lines.slice(first);
      this.#dropped += first;
    }
    return news.length > 0 || answer.dropped > 0;
  }

  /** `end`: how it ended; null while it runs. */
  text(end: string | null): string {
    const left = numberText(this.#dropped);
    const note = t(this.#dropped === 1 ? "… {0} earlier line left out" : "… {0} earlier lines left out", left);
    const before = this.#dropped === 0 ? "" : `${note}\n`;
    const body = this.#lines.map(({ text, ended }) => (ended ? `${text}\n` : text)).join("");
    if (end === null) return before + body;
    const written = body === "" && before === "" ? `${t("It wrote nothing.")}\n` : before + body;
    return `${written}${written.endsWith("\n") ? "" : "\n"}\n[${end}]\n`;
  }
}
