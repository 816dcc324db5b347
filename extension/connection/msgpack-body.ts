import type { Options } from "msgpackr";
import { Packr } from "msgpackr/pack";
import type { ContentTypeDecoder, ContentTypeEncoder, Message } from "vscode-jsonrpc/node";

const name = "application/msgpack";

/**
 * No records and no extension for `undefined`, which are msgpackr's own; integers as numbers, for all that the protocol
 * itself counts is exact in them; bytes that do not keep a whole message alive.
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
    // Throws into the promise: the reader reports it.
    decode: async (body) => {
      const message = decodeBody(body);
      onMessage(message, body.byteLength);
      return message;
    },
  };
}
