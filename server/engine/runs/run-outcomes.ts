import type { Failure } from "../../../protocol/job.js";
import { payloadData, type Payload } from "../../../protocol/schema.js";
import type { Account } from "../budget.js";
import { Deque } from "../deque.js";
import { failureBytes } from "../pools/result-bytes.js";
import { kept } from "../kept.js";
import type { Registry } from "../registry.js";

export type RunOutcome = { value: Payload } | { error: Failure };

/** What one outcome takes beside its bytes, roughly. */
const overheadBytes = 128;
/** Of a failure's message, when the server lets go of the rest. */
const keptMessage = 500;

/** Results and failures of a run, the latest ones as far as they fit. What handles they hold live as long as they are kept. */
export class RunOutcomes {
  readonly #registry: Registry;
  readonly #maxBytes: number;
  readonly #account: Account;
  readonly #kept = new Map<number, RunOutcome>();
  /** In the order in which they came, with what each takes. */
  readonly #order = new Deque<{ index: number; bytes: number }>();
  #bytes = 0;

  constructor(registry: Registry, maxBytes: number, account: Account) {
    this.#registry = registry;
    this.#maxBytes = maxBytes;
    this.#account = account;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Each item has one outcome. */
  keep(index: number, outcome: RunOutcome): void {
    const bytes = overheadBytes + ("value" in outcome ? payloadData(outcome.value).length : failureBytes(outcome.error));
    if (bytes > this.#maxBytes) {
      // The others need not go for it.
      if ("error" in outcome) this.#kept.set(index, { error: shortened(outcome.error) });
      return;
    }
    if ("value" in outcome) this.#registry.retainPayload(outcome.value);
    this.#kept.set(index, "value" in outcome ? { value: kept(outcome.value, this.#account).payload } : outcome);
    this.#order.push({ index, bytes });
    this.#bytes += bytes;
    this.#account.charge(bytes);
    this.free(this.#bytes - this.#maxBytes);
  }

  /** Lets go of the oldest, so many bytes of them. */
  free(bytes: number): void {
    const goal = this.#bytes - bytes;
    while (this.#bytes > goal) {
      const oldest = this.#order.shift();
      if (!oldest) break;
      this.#bytes -= oldest.bytes;
      this.#account.release(oldest.bytes);
      this.#letGo(oldest.index);
    }
  }

  get(index: number): RunOutcome | undefined {
    return this.#kept.get(index);
  }

  clear(): void {
    for (const outcome of this.#kept.values()) if ("value" in outcome) this.#registry.dropPayload(outcome.value);
    this.#kept.clear();
    this.#order.clear();
    this.#account.release(this.#bytes);
    this.#bytes = 0;
  }

  #letGo(index: number): void {
    const outcome = this.#kept.get(index)!;
    if ("value" in outcome) {
      this.#kept.delete(index);
      this.#registry.dropPayload(outcome.value);
      return;
    }
    this.#kept.set(index, { error: shortened(outcome.error) });
  }
}

function shortened({ code, message, data }: Failure): Failure {
  const name = data?.["name"];
  return { code, message: message.slice(0, keptMessage), ...(name === undefined ? {} : { data: { name } }) };
}
