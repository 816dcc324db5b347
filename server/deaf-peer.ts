import type { Duplex } from "node:stream";

type Done = (error?: Error | null) => void;

/**
 * Keeps a stream readable to its end when the peer has gone: it cannot be answered, but what it sent before must still
 * be handled. An error of writing or reading would destroy the stream with all that was read ahead. So errors of
 * writing are ignored here. An error of reading (a peer that left answers unread resets the connection) counts as EOF.
 */
export function readToTheEnd(stream: Duplex): void {
  let deaf = false;
  const destroy = stream.destroy.bind(stream);
  stream.destroy = (error) => {
    if (stream.readableEnded || (error as NodeJS.ErrnoException | undefined)?.syscall !== "read") return destroy(error);
    deaf = true;
    stream.push(null);
    stream.read(0);
    return stream;
  };
  const quietly =
    (done: Done): Done =>
    (error) => {
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
