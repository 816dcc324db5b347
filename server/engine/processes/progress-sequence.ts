import type { Progress } from "../../../protocol/progress.js";

const escape = 0x1b;
/** `ESC ] 9 ; 4 ; STATE`, then perhaps `; PERCENT`, then BEL or `ESC \`. As terminals know it. */
// oxlint-disable-next-line no-control-regex -- the sequence begins and ends with some
const whole = /^\x1b\]9;4;([0-4])(?:;(\d{0,3}))?(?:\x07|\x1b\\)/;
/** Every proper beginning of one. */
// oxlint-disable-next-line no-control-regex -- as above
const beginning = /^\x1b(?:\](?:9(?:;(?:4(?:;(?:[0-4](?:;\d{0,3})?\x1b?)?)?)?)?)?)?$/;
/** Longest sequence, in bytes. */
const longest = "\x1b]9;4;1;100\x1b\\".length;

/**
 * Takes the sequences by which programs report their progress to a terminal out of one stream of a command. All other
 * bytes pass unchanged. A sequence may be cut anywhere into pieces.
 */
export class ProgressSequences {
  readonly #report: (progress: Progress) => void;
  /** The beginning of what may become a sequence. */
  #held: Uint8Array | null = null;

  constructor(report: (progress: Progress) => void) {
    this.#report = report;
  }

  /** The bytes without the sequences. */
  take(data: Uint8Array): Uint8Array {
    if (this.#held === null && !data.includes(escape)) return data;
    const all = this.#held === null ? data : joined([this.#held, data]);
    this.#held = null;
    const kept: Uint8Array[] = [];
    let from = 0;
    let last: Progress | null = null;
    for (let at = all.indexOf(escape); at !== -1;) {
      const text = latin1(all.subarray(at, at + longest));
      const found = whole.exec(text);
      if (found) {
        kept.push(all.subarray(from, at));
        from = at + found[0].length;
        last = progressOf(found[1]!, found[2]);
        at = all.indexOf(escape, from);
      } else if (at + text.length === all.length && beginning.test(text)) {
        // A copy: the chunk that it is a part of may be large.
        this.#held = new Uint8Array(all.subarray(at));
        kept.push(all.subarray(from, at));
        from = all.length;
        break;
      } else at = all.indexOf(escape, at + 1);
    }
    if (last) this.#report(last);
    if (kept.length === 0) return all;
    kept.push(all.subarray(from));
    return joined(kept);
  }

  /** The stream has ended: what was held is no sequence. */
  end(): Uint8Array | null {
    const held = this.#held;
    this.#held = null;
    return held;
  }
}

/** States: 0 none, 1 a percentage, 2 an error, 3 indeterminate, 4 paused. */
function progressOf(state: string, percent: string | undefined): Progress {
  const fraction = percent === undefined || percent === "" ? null : Math.min(100, Number(percent)) / 100;
  switch (state) {
    case "0":
      return { fraction: null, text: "" };
    case "2":
      return { fraction, text: "error" };
    case "3":
      return { fraction: null, text: "working" };
    case "4":
      return { fraction, text: "paused" };
    default:
      return { fraction: fraction ?? 0, text: "" };
  }
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
