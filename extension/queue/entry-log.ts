import { decode } from "../../bindings/typescript/session/codec.js";
import type { FollowedText } from "../views/documents/followed-documents.js";
import { plainText } from "../views/documents/plain-text.js";
import type { QueueLink } from "./queue-link.js";
import { t } from "../l10n.js";

/** Most bytes of a log that are shown: its end. */
const mostBytes = 512 * 1024;

/** What an entry of the queue wrote at its last start. */
export class EntryLog implements FollowedText {
  readonly #link: Pick<QueueLink, "use">;
  readonly #entry: number;
  readonly #decoder = new TextDecoder();
  #raw = "";
  #isShortened = false;
  #from = -mostBytes;
  #end: string | null = null;
  #reading: Promise<boolean> | null = null;

  constructor(entry: number, link: Pick<QueueLink, "use">) {
    this.#entry = entry;
    this.#link = link;
  }

  get ended(): boolean {
    return this.#end !== null;
  }

  get text(): string {
    const body = `${this.#isShortened ? `${t("… earlier output left out")}\n` : ""}${plainText(this.#raw)}`;
    if (this.#end === null) return body;
    if (body === "") return `${t("It wrote nothing.")}\n\n[${this.#end}]\n`;
    return `${body}${body.endsWith("\n") ? "" : "\n"}\n[${this.#end}]\n`;
  }

  read(): Promise<boolean> {
    if (this.ended) return Promise.resolve(false);
    this.#reading ??= this.#read().finally(() => (this.#reading = null));
    return this.#reading;
  }

  async #read(): Promise<boolean> {
    try {
      const answer = await this.#link.use((rpc) =>
        rpc.request("batch/log", { entry: this.#entry, from: this.#from, maxBytes: mostBytes, timeoutMs: 0 }),
      );
      // Its log has begun anew.
      if (this.#from > answer.next) this.#raw = "";
      this.#isShortened ||= this.#raw === "" && answer.from > 0;
      const news = this.#decoder.decode(decode(answer.data, null) as Uint8Array, { stream: !answer.ended });
      this.#raw += news;
      if (this.#raw.length > mostBytes) {
        this.#raw = this.#raw.slice(this.#raw.indexOf("\n", this.#raw.length - mostBytes) + 1);
        this.#isShortened = true;
      }
      this.#from = answer.next;
      if (answer.ended) this.#end = t("it does not run");
      return news !== "" || answer.ended;
    } catch (error) {
      this.#end = t("its log cannot be read: {0}", error instanceof Error ? error.message : String(error));
      return true;
    }
  }
}
