import type { Duplex } from "node:stream";

type Done = (error?: Error | null) => void;

/**
 * A peer that has ended can no longer be answered, but what it sent before is still to be read: errors of writing, which would end
 * the stream, are left out. Its end is read in any case.
 */
export function readToTheEnd(stream: Duplex): void {
  let deaf = false;
  const quietly = (done: Done): Done => (error) => {
    if (error) deaf = true;
    done();
  };
  const write = stream._write.bind(stream);
  stream._write = (chunk, encoding, done) => {
    if (deaf) done();
    else write(chunk, encoding, quietly(done));
  };
  const writev = stream._writev?.bind(stream);
  if (!writev) return;
  stream._writev = (chunks, done) => {
    if (deaf) done();
    else writev(chunks, quietly(done));
  };
}
