import type { Handle } from "../../../protocol/schema.js";

/** References that this session has dropped and the server was not told of. Those of one turn go in one message. */
export class Releases {
  readonly #tell: (handles: Handle[]) => void;
  readonly #handles: Handle[] = [];

  constructor(tell: (handles: Handle[]) => void) {
    this.#tell = tell;
  }

  /** The server is told at the end of this turn of the event loop, or by the caller of `take` before. */
  add(handle: Handle): void {
    if (this.#handles.push(handle) > 1) return;
    setImmediate(() => {
      const handles = this.take();
      if (handles) this.#tell(handles);
    }).unref();
  }

  /** All of them, for the caller to tell the server. Null: there are none. */
  take(): Handle[] | null {
    return this.#handles.length === 0 ? null : this.#handles.splice(0);
  }
}
