import type { Duplex } from "node:stream";

type Done = (error?: Error | null) => void;

/**
 * Keeps a stream readable to its end when its peer has gone. The peer cannot be answered, but the messages that it sent
 * must still be handled. An error would destroy the stream together with the data that was read ahead. So this ignores
 * errors of writing, and treats an error of reading as EOF: a peer that leaves answers unread resets the connection.
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
