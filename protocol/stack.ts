import * as v from "valibot";
import { count } from "./schema.js";

/** SIGUSR1 opens V8's inspector on a port of the loopback interface, and its address is written to stderr. */
export const stackByInspector = v.strictObject({
  /** V8's inspector. */
  by: v.literal("inspector"),
});

/** SIGURG makes the host write the stacks of its threads, as Python's `faulthandler` does. */
export const stackByFile = v.strictObject({
  /** A file in memory. */
  by: v.literal("file"),
  /** Its descriptor in the host: a memfd called `polyproc-stack`, to which the host appends. */
  fd: count(),
});

/** How the server reads where a host is, also while the host is busy. */
export const stackSource = v.union([stackByInspector, stackByFile]);
export type StackSource = v.InferOutput<typeof stackSource>;

export const stackFrame = v.strictObject({
  /** Empty if it has no name. */
  function: v.string(),
  /** Absolute path; of code without a file, what the runtime calls it. Null if that is not known. */
  file: v.nullable(v.string()),
  /** From 1. */
  line: v.nullable(count(1)),
  /** From 1. Null in Python. */
  column: v.nullable(count(1)),
});
export type StackFrame = v.InferOutput<typeof stackFrame>;

export const stackSample = v.strictObject({
  /** Milliseconds since 1970. */
  at: v.number(),
  /** Its threads, the main thread first. Of Node: the main thread only. */
  threads: v.array(
    v.strictObject({
      /** `main`, or what the runtime calls it. */
      name: v.string(),
      /** The innermost call comes first. Without the frames of the host that called the function. */
      frames: v.array(stackFrame),
    }),
  ),
});
export type StackSample = v.InferOutput<typeof stackSample>;

export const stackReading = v.strictObject({
  /** Two, some 100 ms apart; fewer if the process did not answer in time. */
  samples: v.array(stackSample),
  /** What explains a stack that is missing or empty, for people. Null if nothing has to be explained. */
  note: v.nullable(v.string()),
});
export type StackReading = v.InferOutput<typeof stackReading>;
