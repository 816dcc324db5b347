import { PolyprocError } from "../../../protocol/errors.js";
import type { Failure, ResultEntry } from "../../../protocol/job.js";
import { type Payload, payloadBytes } from "../../../protocol/schema.js";
import type { Account } from "../budget.js";
import { Deque } from "../deque.js";
import { failureBytes } from "../pools/result-bytes.js";
import { kept } from "../kept.js";
import { itemsOf } from "../payload-list.js";
import { PackedPayloads, packedOverheadBytes } from "../packed-payloads.js";
import type { Registry } from "../registry.js";

export type RunOutcome = { value: Payload } | { error: Failure };

/** Rough memory of an outcome beside its bytes, as long as more may follow. */
const overheadBytes = 300;
/** Characters of a failure's message that stay when the rest is dropped. */
const keptMessage = 500;

/** The latest results and failures of a run, up to a bound. They hold references to the objects that they name. */
export class RunOutcomes {
  readonly #registry: Registry;
  readonly #maxBytes: number;
  readonly #account: Account;
  readonly #kept = new Map<number, RunOutcome>();
  /** Outcomes in the order in which they came, with the memory of each. */
  readonly #order = new Deque<{ index: number; bytes: number }>();
  #bytes = 0;
  /** The results, once no more follow. */
  #packed: PackedPayloads | null = null;

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
    const bytes = overheadBytes + ("value" in outcome ? payloadBytes(outcome.value) : failureBytes(outcome.error));
    if (bytes > this.#maxBytes) {
      // It is larger than the whole bound: dropping the others would not make it fit.
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

  /** Drops the oldest outcomes, `bytes` bytes of them. */
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
    const value = this.#packed?.get(index);
    return value === undefined ? this.#kept.get(index) : { value };
  }

  /** No outcome follows: keeps the results, of items 0 to `total`, in less memory. */
  seal(total: number): void {
    const valueOf = (index: number) => {
      const outcome = this.#kept.get(index);
      return outcome && "value" in outcome ? outcome.value : undefined;
    };
    this.#packed = new PackedPayloads(total, valueOf, (payload) => payload);
    let freed = 0;
    for (const [index, outcome] of this.#kept) {
      if (!("value" in outcome)) continue;
      this.#kept.delete(index);
      freed += overheadBytes - packedOverheadBytes;
    }
    this.#order.clear();
    this.#bytes -= freed;
    this.#account.release(freed);
  }

  clear(): void {
    for (const value of this.#packed ?? []) this.#registry.dropPayload(value);
    this.#packed = null;
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

/** The result of each item of a chunk, or the failure that takes their place if they cannot be read. */
export function valuesOf({ values, count }: ResultEntry): Payload[] | Failure {
  try {
    return itemsOf(values!, count);
  } catch (error) {
    return new PolyprocError(
      "InternalError",
      `the worker host sent a result that cannot be read: ${(error as Error).message}`,
    ).toErrorObject();
  }
}

function shortened({ code, message, data }: Failure): Failure {
  const name = data?.["name"];
  return { code, message: message.slice(0, keptMessage), ...(name === undefined ? {} : { data: { name } }) };
}
