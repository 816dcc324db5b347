import { closeSync } from "node:fs";
import { Socket } from "node:net";

/** A pipe whose one end is given to a child. */
interface Pipe {
  own: number;
  childs: number;
}

/** Makes pipes: [the end to read, the end to write], or null if there is none at the moment. */
export type PipeMaker = () => readonly [read: number, write: number] | null;

/**
 * Pipes for a child's standard streams. Node would connect them to sockets, which Linux cannot open by a name, so that
 * `echo failed >/dev/stderr` would fail.
 */
export class StandardPipes {
  readonly #stdin: Pipe | null;
  readonly #stdout: Pipe;
  readonly #stderr: Pipe;

  private constructor(stdin: Pipe | null, stdout: Pipe, stderr: Pipe) {
    this.#stdin = stdin;
    this.#stdout = stdout;
    this.#stderr = stderr;
  }

  /** Null if not all of them can be made. */
  static open(hasInput: boolean, make: PipeMaker): StandardPipes | null {
    const made: (readonly [number, number])[] = [];
    for (let i = 0; i < (hasInput ? 3 : 2); i++) {
      const pipe = make();
      if (!pipe) {
        for (const fd of made.flat()) closeSync(fd);
        return null;
      }
      made.push(pipe);
    }
    const [stdout, stderr, stdin] = made;
    const toRead = ([read, write]: readonly [number, number]) => ({ own: read, childs: write });
    return new StandardPipes(stdin ? { own: stdin[1], childs: stdin[0] } : null, toRead(stdout!), toRead(stderr!));
  }

  /** The child's descriptors 0 to 2; null: the null device. */
  get childs(): [number | null, number, number] {
    return [this.#stdin?.childs ?? null, this.#stdout.childs, this.#stderr.childs];
  }

  /** The child has its ends. */
  started(): { stdin?: Socket; stdout: Socket; stderr: Socket } {
    this.#closeChilds();
    const reading = (fd: number) => new Socket({ fd, readable: true, writable: false });
    return {
      ...(this.#stdin && { stdin: new Socket({ fd: this.#stdin.own, readable: false, writable: true }) }),
      stdout: reading(this.#stdout.own),
      stderr: reading(this.#stderr.own),
    };
  }

  /** The child could not be started. */
  close(): void {
    this.#closeChilds();
    for (const pipe of this.#all) closeSync(pipe.own);
  }

  get #all(): Pipe[] {
    return [...(this.#stdin ? [this.#stdin] : []), this.#stdout, this.#stderr];
  }

  #closeChilds(): void {
    for (const pipe of this.#all) closeSync(pipe.childs);
  }
}
