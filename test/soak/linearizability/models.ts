import type { Model } from "./checker.js";

/** `death`: the process was killed. Its call is the moment before the signal, and it has no return. */
export type LockInput = "acquire" | "release" | "death";
/** Absent `ownerDied`: the program was not told. */
export type LockOutput = { acquired: boolean; ownerDied?: boolean | undefined } | null;

interface LockState {
  holder: string | null;
  /** The last holder died, and no session was told of it. */
  ownerDied: boolean;
}

export const lockModel: Model<LockState, LockInput, LockOutput> = {
  initial: { holder: null, ownerDied: false },
  step({ holder, ownerDied }, { process, input, output }) {
    switch (input) {
      case "acquire":
        if (output && !output.acquired) return holder === null ? null : { holder, ownerDied };
        if (holder !== null || (output?.ownerDied ?? ownerDied) !== ownerDied) return null;
        return { holder: process, ownerDied: false };
      case "release":
        return holder === process ? { holder: null, ownerDied } : null;
      case "death":
        return holder === process ? { holder: null, ownerDied: true } : { holder, ownerDied };
    }
  },
  key: ({ holder, ownerDied }) => `${holder}${ownerDied ? "!" : ""}`,
};

/** Permits that each process holds; one process holds one at most. */
interface SemaphoreState {
  free: number;
  holders: readonly string[];
}

export function semaphoreModel(permits: number): Model<SemaphoreState, LockInput, LockOutput> {
  return {
    initial: { free: permits, holders: [] },
    step({ free, holders }, { process, input, output }) {
      switch (input) {
        case "acquire":
          if (output && !output.acquired) return free > 0 ? null : { free, holders };
          return free > 0 ? { free: free - 1, holders: [...holders, process].sort() } : null;
        case "release":
          return holders.includes(process)
            ? { free: free + 1, holders: holders.filter((holder) => holder !== process) }
            : null;
        case "death":
          return holders.includes(process)
            ? { free: free + 1, holders: holders.filter((holder) => holder !== process) }
            : { free, holders };
      }
    },
    key: ({ free, holders }) => `${free}:${holders.join()}`,
  };
}

export type QueueInput = { put: string } | "get";
/** Of `put`: whether there was room. Of `get`: the item, or null when there was none. */
export type QueueOutput = boolean | string | null;

/** A first-in-first-out queue of `maxSize` items; 0: without limit. */
export function queueModel(maxSize: number): Model<readonly string[], QueueInput, QueueOutput> {
  return {
    initial: [],
    step(items, { input, output }) {
      if (input === "get") {
        if (output === null) return items.length === 0 ? items : null;
        if (items.length === 0 || (output !== undefined && items[0] !== output)) return null;
        return items.slice(1);
      }
      const isFull = maxSize > 0 && items.length >= maxSize;
      if (output === false) return isFull ? items : null;
      return isFull ? null : [...items, input.put];
    },
    key: (items) => items.join(),
  };
}
