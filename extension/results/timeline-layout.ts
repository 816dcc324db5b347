import type { RowState } from "../runs/run.js";

/** The members of a row that the timeline uses. */
export interface TimedRow {
  readonly index: number;
  readonly state: RowState;
  readonly pid: number;
  /** The host of a cluster; null: this machine. */
  readonly host: string | null;
  readonly startedAt: number | null;
  readonly ms: number | null;
}

/** One item while it ran. Milliseconds since 1970. */
export interface Block {
  index: number;
  state: RowState;
  pid: number;
  from: number;
  to: number;
}

/**
 * A line of the timeline: one worker, or one place where a worker (or a command) followed another. On a cluster, the
 * lanes of each host follow each other.
 */
export interface Lane {
  /** Null: this machine. */
  host: string | null;
  /** In the order of their appearance. None: it is idle, or the pid on its host is not known yet. */
  pids: number[];
  /** In the order of time; they do not overlap. */
  blocks: Block[];
  busyMs: number;
}

export interface Timeline {
  from: number;
  to: number;
  lanes: Lane[];
  /** Share of the time, from 0 to 1, in which the workers were busy. */
  utilisation: number;
}

export interface Span {
  from: number;
  to: number;
  /** How many workers the run may have: lanes that stay empty are idle workers. 0 on a cluster. */
  workers: number;
}

interface Life {
  pid: number;
  host: string | null;
  from: number;
  to: number;
  blocks: Block[];
}

/**
 * Puts every item that has begun into the lane of its worker. A worker keeps its lane; after its end another worker may
 * get the lane. A command counts as a worker with one item.
 */
export function layOut(rows: Iterable<TimedRow>, span: Span): Timeline {
  const lanes: Lane[] = [];
  for (const life of lives(rows, span.to).sort((a, b) => a.from - b.from || a.pid - b.pid)) {
    const lane = laneFor(life, lanes, span.workers);
    if (life.pid !== 0) lane.pids.push(life.pid);
    let end = lane.blocks.at(-1)?.to ?? -Infinity;
    for (const block of life.blocks) {
      block.from = Math.max(block.from, end);
      end = block.to = Math.max(block.to, block.from);
      lane.blocks.push(block);
      lane.busyMs += block.to - block.from;
    }
  }
  while (lanes.length < span.workers) lanes.push({ host: null, pids: [], blocks: [], busyMs: 0 });
  // Stable: the lanes of one host stay in their order.
  lanes.sort((a, b) => compareHosts(a.host, b.host));
  let to = span.to;
  for (const lane of lanes) to = Math.max(to, lane.blocks.at(-1)?.to ?? to);
  const whole = (to - span.from) * lanes.length;
  const busy = lanes.reduce((sum, lane) => sum + lane.busyMs, 0);
  return { from: span.from, to, lanes, utilisation: whole > 0 ? Math.min(1, busy / whole) : 0 };
}

function compareHosts(a: string | null, b: string | null): number {
  if (a === b) return 0;
  return (a ?? "") < (b ?? "") ? -1 : 1;
}

/** What each worker ran, from its first item to its last. */
function lives(rows: Iterable<TimedRow>, now: number): Life[] {
  const byWorker = new Map<string, Life>();
  for (const { index, state, pid, host, startedAt, ms } of rows) {
    // The pid on another host is told at the end. Until then the item has a lane of the host for itself.
    const isElsewhere = pid === 0 && host !== null && (state === "running" || state === "lost");
    if (startedAt === null || (pid === 0 && !isElsewhere)) continue;
    const to = ms === null ? Math.max(startedAt, now) : startedAt + ms;
    const block: Block = { index, state, pid, from: startedAt, to };
    const worker = isElsewhere ? `${host}:item ${index}` : `${host ?? ""}:${pid}`;
    const life = byWorker.get(worker);
    if (life) life.blocks.push(block);
    else byWorker.set(worker, { pid, host, from: startedAt, to, blocks: [block] });
  }
  return [...byWorker.values()].map(({ blocks, ...life }) => {
    oneAfterAnother(blocks, now);
    return { ...life, from: blocks[0]!.from, to: blocks.at(-1)!.to, blocks };
  });
}

/**
 * A worker runs one item at a time, but the items of a chunk are reported with the same start. So each is drawn from
 * the end of the one before it.
 */
function oneAfterAnother(blocks: Block[], now: number): void {
  blocks.sort((a, b) => a.from - b.from || a.index - b.index);
  let end = -Infinity;
  for (const block of blocks) {
    if (block.from < end) {
      const moved = end - block.from;
      block.from = end;
      // A running item is drawn up to now.
      block.to = block.state === "running" || block.state === "lost" ? Math.max(end, now) : block.to + moved;
    }
    end = block.to;
  }
}

/** Starts have a resolution of a millisecond, durations a finer one: overlaps up to this are ignored. */
const slackMs = 5;

function laneFor(life: Life, lanes: Lane[], workers: number): Lane {
  // The lane that became free last, so that lanes that became free earlier are seen to be idle.
  let best: Lane | null = null;
  if (lanes.length >= workers) {
    for (const lane of lanes) {
      if (lane.host !== life.host) continue;
      const end = lane.blocks.at(-1)!.to;
      if (end <= life.from + slackMs && (best === null || end > best.blocks.at(-1)!.to)) best = lane;
    }
  }
  if (best === null) lanes.push((best = { host: life.host, pids: [], blocks: [], busyMs: 0 }));
  return best;
}

/** Position of the first block that ends after `time`. */
export function firstAfter(blocks: readonly Block[], time: number): number {
  let [low, high] = [0, blocks.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (blocks[middle]!.to > time) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** A drawn mark: one block, or several blocks that are too narrow to be distinguished. */
export interface Mark {
  /** In pixels from the left edge. */
  x: number;
  width: number;
  /** The state that is shown: failures first. */
  state: RowState;
  /** Index of the only block; null when there are several. */
  index: number | null;
}

const severity: Record<RowState, number> = { failed: 5, lost: 4, running: 3, cancelled: 2, done: 1, queued: 0 };
/** Blocks that are narrower are drawn together. */
const leastWidth = 1;

/** The marks of a lane in a window of `width` pixels that shows `from` to `to`; never more marks than pixels. */
export function marksOf(blocks: readonly Block[], window: Window, width: number): Mark[] {
  const marks: Mark[] = [];
  const scale = width / (window.to - window.from);
  let last: Mark | null = null;
  for (let i = firstAfter(blocks, window.from); i < blocks.length; i++) {
    const block = blocks[i]!;
    if (block.from >= window.to) break;
    const x = (Math.max(block.from, window.from) - window.from) * scale;
    const end = (Math.min(block.to, window.to) - window.from) * scale;
    const narrow = end - x < leastWidth;
    if (last !== null && x < last.x + leastWidth && (narrow || last.width < leastWidth)) {
      last.width = Math.max(last.width, end - last.x);
      last.index = null;
      if (severity[block.state] > severity[last.state]) last.state = block.state;
    } else {
      marks.push((last = { x, width: end - x, state: block.state, index: block.index }));
    }
  }
  for (const mark of marks) mark.width = Math.max(mark.width, leastWidth);
  return marks;
}

/** The block at `time`, else the nearest one within `tolerance`. */
export function blockAt(blocks: readonly Block[], time: number, tolerance: number): Block | null {
  const next = firstAfter(blocks, time);
  const candidates = [blocks[next], blocks[next - 1]].filter((block) => block !== undefined);
  const distance = (block: Block) => Math.max(0, block.from - time, time - block.to);
  const nearest = candidates.sort((a, b) => distance(a) - distance(b))[0];
  return nearest && distance(nearest) <= tolerance ? nearest : null;
}

/** The visible part of the time. */
export interface Window {
  from: number;
  to: number;
}

const leastSpanMs = 1;

/** Zooms by `factor` (above 1: closer) around `at`, within the whole. */
export function zoom(window: Window, whole: Window, factor: number, at: number): Window {
  const length = Math.min(whole.to - whole.from, Math.max(leastSpanMs, (window.to - window.from) / factor));
  const share = (at - window.from) / (window.to - window.from);
  return within({ from: at - share * length, to: at + (1 - share) * length }, whole);
}

export function pan(window: Window, whole: Window, byMs: number): Window {
  return within({ from: window.from + byMs, to: window.to + byMs }, whole);
}

/**
 * Moves the window as little as possible to show `block`. Of a block that is longer than the window, any part is
 * enough.
 */
export function reveal(window: Window, whole: Window, block: Window): Window {
  const length = window.to - window.from;
  const long = block.to - block.from > length;
  if (long ? block.from < window.to && block.to > window.from : block.from >= window.from && block.to <= window.to)
    return window;
  const margin = length / 10;
  if (block.from < window.from || long)
    return within({ from: block.from - margin, to: block.from - margin + length }, whole);
  return within({ from: block.to + margin - length, to: block.to + margin }, whole);
}

function within(window: Window, whole: Window): Window {
  const length = Math.min(window.to - window.from, whole.to - whole.from);
  const from = Math.min(Math.max(window.from, whole.from), whole.to - length);
  return { from, to: from + length };
}

/** Where the axis has its lines: round steps, at least `apart` pixels from each other. */
export function ticks(window: Window, origin: number, width: number, apart: number): { atMs: number; x: number }[] {
  const scale = width / (window.to - window.from);
  const step = roundStep(apart / scale);
  const marks: { atMs: number; x: number }[] = [];
  for (let n = Math.ceil((window.from - origin) / step); ; n++) {
    const atMs = n * step;
    const x = (atMs + origin - window.from) * scale;
    if (x > width) return marks;
    marks.push({ atMs, x });
  }
}

/** The next of 1, 2, 5, 10 … ms, and of 1, 2, 5, 10, 15, 30 s and minutes. */
function roundStep(least: number): number {
  if (least > 10_000) {
    for (const step of [15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000])
      if (step >= least) return step;
    return Math.ceil(least / 3_600_000) * 3_600_000;
  }
  const power = 10 ** Math.floor(Math.log10(least));
  for (const factor of [1, 2, 5]) if (factor * power >= least) return factor * power;
  return 10 * power;
}
