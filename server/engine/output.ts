import * as events from "../../protocol/events.js";
import type { OutputLine } from "../../protocol/process.js";
import type { Handle } from "../../protocol/schema.js";
import type { Engine } from "./engine.js";
import { LineSplitter } from "./line-splitter.js";
import type { ProcessRecord } from "./process.js";
import { highWaterBytes, type Session } from "./session.js";

type Stream = "stdout" | "stderr";

/** What one child wrote: the lines that are still remembered, and the beginnings of the next ones. */
class OutputRing {
  readonly splitters: Record<Stream, LineSplitter> = { stdout: new LineSplitter(), stderr: new LineSplitter() };
  nextLine = 0;
  #lines: OutputLine[] = [];
  #head = 0;
  #bytes = 0;

  push(line: OutputLine, maxBytes: number): void {
    this.#lines.push(line);
    this.#bytes += weight(line);
    while (this.#bytes > maxBytes && this.#head < this.#lines.length) this.#bytes -= weight(this.#lines[this.#head++]!);
    if (this.#head > 1024 && this.#head * 2 > this.#lines.length) {
      this.#lines = this.#lines.slice(this.#head);
      this.#head = 0;
    }
  }

  from(line: number): { lines: OutputLine[]; dropped: number } {
    const first = this.#lines[this.#head]?.line ?? this.nextLine;
    const lines = this.#lines.slice(this.#head + Math.max(0, line - first));
    return { lines, dropped: Math.max(0, first - line) };
  }
}

function weight(line: OutputLine): number {
  return line.text.length + 64;
}

interface Watcher {
  session: Session;
  scope: "own" | "all";
  lossless: boolean;
  /** Only processes of this pool. */
  pool: Handle | null;
  lines: OutputLine[];
  dropped: number;
  scheduled: boolean;
  /** Children that wait until the session has read more. */
  paused: Set<ProcessRecord>;
  readonly stopWatching: () => void;
}

/** Everything that children write, line by line, to those who watch and those who ask later. */
export class OutputHub {
  readonly #engine: Engine;
  readonly #rings = new WeakMap<ProcessRecord, OutputRing>();
  readonly #watchers = new Map<Session, Watcher>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  feed(process: ProcessRecord, stream: Stream, data: Uint8Array): void {
    const ring = this.#ring(process);
    ring.splitters[stream].push(data, (text, partial) => this.#line(process, ring, stream, text, partial));
  }

  /** Tells what has no line end, so that it goes to the task that wrote it. */
  flush(process: ProcessRecord): void {
    const ring = this.#rings.get(process);
    if (!ring) return;
    for (const stream of ["stdout", "stderr"] as const) {
      ring.splitters[stream].flush((text, partial) => this.#line(process, ring, stream, text, partial));
    }
  }

  /** The process writes no more. What is on its way to watchers is sent before anything that follows. */
  end(process: ProcessRecord): void {
    this.flush(process);
    for (const watcher of this.#watchers.values()) {
      watcher.paused.delete(process);
      this.#send(watcher);
    }
  }

  from(process: ProcessRecord, line: number): { lines: OutputLine[]; dropped: number } {
    return this.#rings.get(process)?.from(line) ?? { lines: [], dropped: 0 };
  }

  /** The last lines of standard error, for a post-mortem. */
  tail(process: ProcessRecord, count = 10): string {
    return this.from(process, 0).lines.filter((line) => line.stream === "stderr").slice(-count).map((line) => line.text).join("\n");
  }

  watch(session: Session, scope: "own" | "all" | null, lossless: boolean, pool: Handle | null = null): void {
    const old = this.#watchers.get(session);
    if (old) this.#stop(old);
    if (scope === null) return;
    const watcher: Watcher = { session, scope, lossless, pool, lines: [], dropped: 0, scheduled: false, paused: new Set(), stopWatching: session.onEnd(() => this.#stop(watcher)) };
    this.#watchers.set(session, watcher);
  }

  #stop(watcher: Watcher): void {
    this.#watchers.delete(watcher.session);
    watcher.stopWatching();
    for (const process of watcher.paused) this.#resume(process);
    watcher.paused.clear();
  }

  #ring(process: ProcessRecord): OutputRing {
    let ring = this.#rings.get(process);
    if (!ring) this.#rings.set(process, (ring = new OutputRing()));
    return ring;
  }

  #line(process: ProcessRecord, ring: OutputRing, stream: Stream, text: string, partial: boolean): void {
    const task = process.task && { job: process.task.job, index: process.task.index };
    const line: OutputLine = { process: process.handle, pid: process.pid ?? 0, stream, line: ring.nextLine++, text, partial, task };
    ring.push(line, this.#engine.options.limits.outputRingBytes);
    if (task) this.#engine.runs.ofJob(task.job)?.wrote(task.index, stream, text);
    for (const watcher of this.#watchers.values()) {
      if (watcher.scope === "own" && !isWithin(process, watcher.session)) continue;
      if (watcher.pool !== null && process.pool !== watcher.pool) continue;
      this.#tell(watcher, process, line);
    }
  }

  #tell(watcher: Watcher, process: ProcessRecord, line: OutputLine): void {
    const full = watcher.session.peer.backlogBytes() > highWaterBytes;
    if (full && !watcher.lossless) {
      watcher.dropped++;
      return;
    }
    watcher.lines.push(line);
    if (full && !watcher.paused.has(process)) {
      watcher.paused.add(process);
      process.child?.pauseOutput();
      process.session?.peer.pauseReading?.();
      watcher.session.peer.onDrain(() => {
        for (const paused of watcher.paused) this.#resume(paused);
        watcher.paused.clear();
      });
    }
    if (watcher.scheduled) return;
    watcher.scheduled = true;
    queueMicrotask(() => this.#send(watcher));
  }

  #send(watcher: Watcher): void {
    watcher.scheduled = false;
    // The last lines of all may be those that were left out.
    if (watcher.lines.length === 0 && watcher.dropped === 0) return;
    const { lines, dropped } = watcher;
    watcher.lines = [];
    watcher.dropped = 0;
    watcher.session.peer.notify(events.output, { lines, dropped });
  }

  #resume(process: ProcessRecord): void {
    for (const other of this.#watchers.values()) if (other.paused.has(process) && other.session.peer.backlogBytes() > highWaterBytes) return;
    process.child?.resumeOutput();
    process.session?.peer.resumeReading?.();
  }
}

/** Whether the session started the process, or an ancestor of it. */
function isWithin(process: ProcessRecord, session: Session): boolean {
  for (let starter = process.starter; starter; starter = starter.process?.starter ?? null) if (starter === session) return true;
  return false;
}
