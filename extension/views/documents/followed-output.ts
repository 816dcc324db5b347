import type { ProcessInfo } from "../../../protocol/process.js";
import type { Rpc } from "../../connection/rpc.js";
import type { Model } from "../../model/model.js";
import { endText } from "../children/process-row.js";
import { t } from "../../l10n.js";
import { OutputText } from "./output-text.js";
import { readOutput } from "./read-output.js";

/** The output of one process. Each look at it reads the new lines. */
export class FollowedOutput {
  readonly #model: Model;
  readonly #connected: () => Rpc | null;
  /** The server that the process belongs to. */
  readonly #rpc: Rpc | null;
  #process: ProcessInfo;
  #text = new OutputText();
  #end: string | null = null;
  #reading: Promise<boolean> | null = null;

  constructor(process: ProcessInfo, model: Model, connected: () => Rpc | null) {
    this.#process = process;
    this.#model = model;
    this.#connected = connected;
    this.#rpc = connected();
  }

  get text(): string {
    return this.#text.text(this.#end);
  }

  /** Nothing will follow. */
  get ended(): boolean {
    return this.#end !== null;
  }

  /**
   * Reads new lines. Resolves with whether the text has changed; never rejects. A call during a read gets its result.
   */
  read(): Promise<boolean> {
    if (this.ended) return Promise.resolve(false);
    this.#reading ??= this.#read().finally(() => (this.#reading = null));
    return this.#reading;
  }

  async #read(): Promise<boolean> {
    const rpc = this.#connected();
    if (rpc === null || rpc !== this.#rpc) return this.#finish(t("its server has gone"));
    // Check for the exit before the read: once the model shows the exit, all output is there.
    this.#process = this.#model.processes.get(this.#process.process) ?? this.#process;
    const exited = this.#process.state === "exited";
    try {
      const answer = await readOutput(rpc, this.#process, this.#text.nextLine, this.#model.pools);
      if (answer === null) return this.#finish(t("it has ended, and what it wrote since is no longer remembered"));
      if (answer.final) this.#text = new OutputText();
      const changed = this.#text.take(answer);
      if (exited) return this.#finish(endText(this.#process));
      return answer.final ? this.#finish(t("ended")) : changed;
    } catch (error) {
      return this.#finish(t("its output cannot be read: {0}", error instanceof Error ? error.message : String(error)));
    }
  }

  #finish(end: string): true {
    this.#end = end;
    return true;
  }
}
