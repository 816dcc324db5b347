import { Random } from "../random.js";

export const faultKinds = [
  "kill a host",
  "stop a host",
  "drain a host",
  "cut off a host",
  "kill Redis",
  "kill the client",
  "kill the client's server",
  "poison",
] as const;
export type FaultKind = (typeof faultKinds)[number];

export interface Fault {
  readonly kind: FaultKind;
  /** Milliseconds since the fault before. It may not be over yet. */
  readonly afterMs: number;
  /** From 0 to 1: how long it lasts, of what is usual for its kind. */
  readonly length: number;
}

export interface RoundPlan {
  readonly number: number;
  readonly faults: readonly Fault[];
}

/** How often they occur, relative to each other. */
const weights: Record<FaultKind, number> = {
  "kill a host": 4,
  "stop a host": 5,
  "drain a host": 2,
  "cut off a host": 5,
  "kill Redis": 4,
  "kill the client": 2,
  "kill the client's server": 1,
  poison: 1,
};

/** The faults of a round follow from the seed and its number; when they meet which task does not. */
export function planRound(seed: number, number: number, kinds: readonly FaultKind[] = faultKinds): RoundPlan {
  const random = new Random(seed, number);
  const urn = kinds.flatMap((kind) => Array.from({ length: weights[kind] }, () => kind));
  const faults = Array.from({ length: random.int(8, 20) }, () => ({
    kind: random.pick(urn),
    afterMs: random.int(100, 1500),
    length: random.int(0, 1000) / 1000,
  }));
  return { number, faults };
}

export function describeFaults(faults: readonly Fault[]): string {
  const counts = new Map<FaultKind, number>();
  for (const { kind } of faults) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, n]) => (n === 1 ? kind : `${n} times ${kind}`)).join(", ");
}
