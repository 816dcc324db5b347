/** What one process asked of an object, and between which two moments. */
export interface Operation<Input = unknown, Output = unknown> {
  process: string;
  input: Input;
  /**
   * Absent: no answer came, since the process ended. The operation took effect at some moment after `call`, or never.
   */
  output?: Output;
  /** Nanoseconds of one clock that all processes share. */
  call: number;
  return?: number;
}

/** An object as one process alone would see it. */
export interface Model<State, Input, Output> {
  initial: State;
  /**
   * The state after the operation; null when this object would not have given that answer in this state. `output`
   * undefined: any answer.
   */
  step(state: State, operation: Operation<Input, Output>): State | null;
  /** Equal for equal states. */
  key(state: State): string;
}

export type Verdict =
  | { kind: "linearizable" }
  /** `stuck`: the operations that were answered and fit at no moment, in the order that got furthest. */
  | { kind: "violation"; stuck: Operation[] }
  /** There are too many orders to try them all. */
  | { kind: "undecided" };

interface Entry {
  operation: Operation;
  /**
   * Of an operation that was answered: its rank among those by the moment of the call. Of others: their rank among
   * those.
   */
  rank: number;
  answered: boolean;
  isCall: boolean;
  /** The return of a call, when there is one. */
  match: Entry | null;
  previous: Entry | null;
  next: Entry | null;
}

/**
 * Whether there is an order of the operations in which each takes effect at one moment between its call and its return,
 * and the model gives the answers that were given: Wing and Gong's search, which never tries a state twice that it
 * reached by the same set of operations.
 */
export function checkHistory<State, Input, Output>(
  model: Model<State, Input, Output>,
  history: readonly Operation<Input, Output>[],
  maxSteps = 2_000_000,
): Verdict {
  const head = linkEntries(history);
  let unanswered = history.filter(({ return: at }) => at !== undefined).length;
  let state = model.initial;
  const taken = new TakenSet();
  const seen = new Set<string>();
  const path: { entry: Entry; before: State }[] = [];
  let furthest = Infinity;
  let stuck: Operation[] = [];
  let entry = head.next;
  for (let steps = 0; unanswered > 0; steps++) {
    if (steps >= maxSteps) return { kind: "undecided" };
    if (entry?.isCall) {
      const after = model.step(state, entry.operation as Operation<Input, Output>);
      if (after !== null) {
        taken.add(entry);
        const key = `${taken.key()}|${model.key(after)}`;
        if (!seen.has(key)) {
          seen.add(key);
          path.push({ entry, before: state });
          state = after;
          lift(entry);
          if (entry.answered) unanswered--;
          entry = head.next;
          continue;
        }
        taken.delete(entry);
      }
      entry = entry.next;
      continue;
    }
    // A return whose call was not taken, or the end of the list: the last one taken was taken too early.
    if (unanswered < furthest) {
      furthest = unanswered;
      stuck = concurrentCalls(head);
    }
    const last = path.pop();
    if (!last) return { kind: "violation", stuck };
    state = last.before;
    taken.delete(last.entry);
    unlift(last.entry);
    if (last.entry.answered) unanswered++;
    entry = last.entry.next;
  }
  return { kind: "linearizable" };
}

/**
 * Calls and returns in the order of their moments; a return stands before a call of the same moment only if it is its
 * own process's.
 */
function linkEntries(history: readonly Operation[]): Entry {
  const head: Entry = {
    operation: undefined as never,
    rank: -1,
    answered: false,
    isCall: false,
    match: null,
    previous: null,
    next: null,
  };
  const moments: { at: number; entry: Entry }[] = [];
  let answeredCount = 0;
  let openCount = 0;
  for (const operation of [...history].sort((a, b) => a.call - b.call)) {
    const answered = operation.return !== undefined;
    const rank = answered ? answeredCount++ : openCount++;
    const call: Entry = { operation, rank, answered, isCall: true, match: null, previous: null, next: null };
    moments.push({ at: operation.call, entry: call });
    if (operation.return === undefined) continue;
    if (operation.return < operation.call)
      throw new Error(`an operation returned at ${operation.return}, before its call at ${operation.call}`);
    call.match = { ...call, isCall: false };
    moments.push({ at: operation.return, entry: call.match });
  }
  // Calls first: two that touch may be in either order.
  moments.sort((a, b) => a.at - b.at || Number(b.entry.isCall) - Number(a.entry.isCall));
  let last = head;
  for (const { entry } of moments) {
    last.next = entry;
    entry.previous = last;
    last = entry;
  }
  return head;
}

function lift(entry: Entry): void {
  unlink(entry);
  if (entry.match) unlink(entry.match);
}

function unlift(entry: Entry): void {
  if (entry.match) relink(entry.match);
  relink(entry);
}

function unlink(entry: Entry): void {
  entry.previous!.next = entry.next;
  if (entry.next) entry.next.previous = entry.previous;
}

function relink(entry: Entry): void {
  entry.previous!.next = entry;
  if (entry.next) entry.next.previous = entry;
}

/** The calls before the first return: one of them would have to be next. */
function concurrentCalls(head: Entry): Operation[] {
  const calls: Operation[] = [];
  for (let entry = head.next; entry; entry = entry.next) {
    if (!entry.isCall) return calls;
    if (entry.answered) calls.push(entry.operation);
  }
  return calls;
}

/** The operations that were taken, told in few characters: nearly all that were answered lie below one rank. */
class TakenSet {
  readonly #answered: boolean[] = [];
  readonly #open = new Set<number>();
  /** All below it are taken. */
  #low = 0;
  #high = 0;

  add({ rank, answered }: Entry): void {
    if (!answered) {
      this.#open.add(rank);
      return;
    }
    this.#answered[rank] = true;
    this.#high = Math.max(this.#high, rank + 1);
    while (this.#answered[this.#low]) this.#low++;
  }

  delete({ rank, answered }: Entry): void {
    if (!answered) {
      this.#open.delete(rank);
      return;
    }
    this.#answered[rank] = false;
    this.#low = Math.min(this.#low, rank);
    while (this.#high > this.#low && !this.#answered[this.#high - 1]) this.#high--;
  }

  key(): string {
    let key = `${this.#low}`;
    for (let rank = this.#low + 1; rank < this.#high; rank++) if (this.#answered[rank]) key += `,${rank}`;
    return this.#open.size === 0 ? key : `${key};${[...this.#open].sort((a, b) => a - b).join(",")}`;
  }
}
