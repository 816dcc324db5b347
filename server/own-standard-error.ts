/**
 * Replaces `process.stderr`. Node's makes the descriptor non-blocking, and with it that of the program that started
 * this server and shares its standard error: what the program then wrote quickly was lost. Node's own modules use
 * `process.stderr`, too: a socket that is closed asks whether it is that one.
 */
import { Writable } from "node:stream";
import { writeToPeople } from "./handlers/standard-error.js";

let stream: Writable | undefined;

Object.defineProperty(process, "stderr", {
  configurable: true,
  enumerable: true,
  get: () =>
    (stream ??= new Writable({
      write(data: Buffer, _encoding, done) {
        writeToPeople(data);
        done();
      },
    })),
});
