import { t } from "../l10n.js";
import type { Sink } from "./flow.js";

/** The methods of an output channel that are needed here. */
export interface Channel extends Sink {
  replace(text: string): void;
}

/** Characters. VS Code copies the text of a channel that is shown into the extension host, some four bytes for each. */
const defaultMaxChars = 2 * 1024 * 1024;
/** The part of the limit that stays when text is removed: removing it little by little would redraw all the time. */
const keptPart = 1 / 4;

/** An output channel with a limited text: beyond the limit, the older lines are removed, and the first line says so. */
export class BoundedChannel implements Sink {
  readonly #channel: Channel;
  readonly #maxChars: number;
  readonly #keptChars: number;
  /** Characters that the channel has. */
  #length = 0;
  /** The end of the text: whole appends, together at least `#keptChars`, if there were as many. */
  #end: string[] = [];
  #endLength = 0;

  constructor(channel: Channel, maxChars = defaultMaxChars) {
    this.#channel = channel;
    this.#maxChars = maxChars;
    this.#keptChars = maxChars * keptPart;
  }

  append(text: string): void {
    this.#end.push(text);
    this.#endLength += text.length;
    while (this.#end.length > 1 && this.#endLength - this.#end[0]!.length >= this.#keptChars)
      this.#endLength -= this.#end.shift()!.length;
    this.#length += text.length;
    if (this.#length > this.#maxChars) this.#shorten();
    else this.#channel.append(text);
  }

  #shorten(): void {
    const end = this.#end.join("");
    const lineStart = end.indexOf("\n", Math.max(0, end.length - this.#keptChars - 1)) + 1;
    const note = t("… older lines were removed. Show Results has what the items of kept runs wrote.");
    const text = `${note}\n${end.slice(lineStart)}`;
    this.#end = [text];
    this.#endLength = this.#length = text.length;
    this.#channel.replace(text);
  }
}
