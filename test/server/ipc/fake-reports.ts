import type { Reports } from "../../../server/engine/processes/spawner.js";

/** What a host writes: how much it had sent before, then a frame. */
export function record(after: number, content: string | Buffer): Buffer {
  const body = Buffer.from(content as string);
  const head = Buffer.alloc(12);
  head.writeBigUInt64BE(BigInt(after));
  head.writeUInt32BE(body.length, 8);
  return Buffer.concat([head, body]);
}

/** A report channel without a FIFO: `come` is what libuv would have read. */
export class FakeReports implements Reports {
  readonly waiting: Buffer[] = [];
  reads = true;
  #listener: (data: Uint8Array) => boolean = () => true;

  listen(listener: (data: Uint8Array) => boolean): void {
    this.#listener = listener;
  }

  pull(): void {
    const data = this.waiting.shift();
    if (data) this.#listener(data);
  }

  resume(): void {
    this.reads = true;
  }

  come(...data: Buffer[]): void {
    this.waiting.push(...data);
    while (this.reads && this.waiting.length > 0) this.reads = this.#listener(this.waiting.shift()!);
  }
}
