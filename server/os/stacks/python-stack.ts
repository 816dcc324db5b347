import {
  closeSync,
  constants,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
} from "node:fs";
import type { StackFrame, StackReading, StackSample } from "../../../protocol/stack.js";
import { gapMs, mostFrames, nameOf } from "./sampling.js";
import { kernelState, signalMasks } from "./kernel-state.js";

/** SIGURG is ignored by a process that does not listen to it, so it cannot end one. */
const signal = "SIGURG";
/** Milliseconds for a dump. Python writes it in its signal handler, also while a thread holds the GIL. */
const dumpMs = 3000;
const lookMs = 5;
const mostBytes = 1024 * 1024;
const mostThreads = 64;

/** Where a Python host is: faulthandler writes its stacks into the file that is its descriptor `fd`. */
export async function readPythonStack(
  pid: number,
  fd: number,
  send: (signal: NodeJS.Signals) => void,
): Promise<StackReading> {
  const samples: StackSample[] = [];
  for (let i = 0; i < 2; i++) {
    if (i > 0) await pause(gapMs);
    const text = await dump(pid, fd, send);
    if (text === null) break;
    samples.push({ at: Date.now(), threads: parseDump(text) });
  }
  return { samples, note: samples.length === 2 ? null : `it did not answer in time: ${kernelState(pid)}` };
}

/** Null if it was not complete in time. */
async function dump(pid: number, fd: number, send: (signal: NodeJS.Signals) => void): Promise<string | null> {
  const path = `/proc/${pid}/fd/${fd}`;
  // A host could name any file.
  if (!readlinkSync(path).startsWith("/memfd:polyproc-stack")) throw new Error(`descriptor ${fd} is not its memfd`);
  const file = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  try {
    ftruncateSync(file, 0);
    send(signal);
    for (const deadline = performance.now() + dumpMs; performance.now() < deadline; await pause(lookMs)) {
      // First the masks: a handler that has not begun would otherwise be taken for one that has ended.
      const done = !isInHandler(pid);
      const text = readAll(file);
      if (done && text !== "") return text;
    }
    return null;
  } finally {
    closeSync(file);
  }
}

/** Whether a thread has the signal still to handle, or handles it now: the kernel blocks it until then. */
function isInHandler(pid: number): boolean {
  return readdirSync(`/proc/${pid}/task`).some((thread) => {
    const { pending, blocked } = signalMasks(readFileSync(`/proc/${pid}/task/${thread}/status`, "latin1"), signal);
    return pending || blocked;
  });
}

function readAll(file: number): string {
  const bytes = Buffer.alloc(mostBytes);
  return bytes.toString("utf8", 0, readSync(file, bytes, 0, mostBytes, 0));
}

/** The threads in the words of faulthandler. Python's own threads of the binding are left out. */
export function parseDump(text: string): StackSample["threads"] {
  const threads: { name: string; frames: StackFrame[] }[] = [];
  for (const line of text.split("\n")) {
    const head = /^(?:Current thread|Thread) (0x[0-9a-f]+)(?: \[(.*)\])? \(most recent call first\):$/.exec(line);
    if (head) {
      threads.push({ name: nameOf(head[2]) ?? `thread ${head[1]}`, frames: [] });
      continue;
    }
    const frame =
      /^ {2}File "(.*)", line (\d+) in (.*)$/.exec(line) ?? /^ {2}File "(.*)", line \?\?\? in (.*)$/.exec(line);
    const frames = threads.at(-1)?.frames;
    if (!frame || !frames || frames.length >= mostFrames) continue;
    const at = frame.length === 4 ? Number(frame[2]) : 0;
    frames.push({
      function: nameOf(frame.at(-1)) ?? "",
      file: nameOf(frame[1]),
      line: at > 0 ? at : null,
      column: null,
    });
  }
  return withoutHost(threads).slice(0, mostThreads);
}

/** The main thread, cut where the host called the function, comes first. */
function withoutHost(threads: StackSample["threads"]): StackSample["threads"] {
  const entry = /^(.*[\\/])host[\\/]main\.py$/;
  const main = threads.find(({ frames }) => frames.some(({ file }) => file !== null && entry.test(file)));
  const root = main?.frames.map(({ file }) => entry.exec(file ?? "")?.[1]).find((found) => found !== undefined);
  if (!main || root === undefined) return threads;
  const host = main.frames.findIndex(({ file }) => file?.startsWith(`${root}host`));
  const isOurs = ({ file }: StackFrame) => file !== null && (file.startsWith(root) || /[\\/]threading\.py$/.test(file));
  const called = main.frames.slice(0, host);
  const users = called.findLastIndex((frame) => !isOurs(frame));
  return [
    { name: "main", frames: called.slice(0, users + 1) },
    ...threads.filter((thread) => thread !== main && !thread.frames.every(isOurs)),
  ];
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
