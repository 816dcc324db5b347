import type { Options } from "msgpackr";
import { Packr } from "msgpackr/pack";
import type { ContentTypeDecoder, ContentTypeEncoder, Message } from "vscode-jsonrpc/node";

const name = "application/msgpack";

/**
 * Turns off records and the extension for `undefined`: only msgpackr knows them. Reads 64-bit integers as numbers: the
 * protocol's own counts are exact in them. Copies bytes, because a view would keep the whole message in memory.
 */
const options: Options & { skipValues: unknown[] } = {
  useRecords: false,
  encodeUndefinedAsNil: true,
  skipValues: [undefined],
  int64AsType: "number",
  copyBuffers: true,
};
const packr = new Packr(options);

export const msgpackEncoder: ContentTypeEncoder = { name, encode: (message) => Promise.resolve(packr.pack(message)) };

/** Reads msgpack, and JSON: a server refuses a client in JSON if it does not know the client's encoding yet. */
export function decodeBody(body: Uint8Array): Message {
  const openBrace = 0x7b;
  return (body[0] === openBrace ? JSON.parse(new TextDecoder().decode(body)) : packr.unpack(body)) as Message;
}

/** `onMessage` is called with each message before it is passed on. */
export function msgpackDecoder(onMessage: (message: Message, bytes: number) => void): ContentTypeDecoder {
  return {
    name,
    // An error rejects the promise, and the reader reports it.
    decode: async (body) => {
      const message = decodeBody(body);
      onMessage(message, body.byteLength);
      return message;
    },
  };
}
