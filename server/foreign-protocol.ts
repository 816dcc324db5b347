import { PolyprocError } from "../protocol/errors.js";

const framing =
  'a Polyproc server expects "Content-Length: <bytes>\\r\\n\\r\\n" before each JSON body, ' +
  'or length-prefixed msgpack (protocol/SPEC.md, "Framings")';

/**
 * What a program that speaks another protocol gets as the answer to its first bytes, in a form that it can show. Null
 * for bytes that may begin a frame.
 */
export function answerToForeigner(head: Buffer): string | null {
  const text = head.toString("latin1", 0, 256);
  const [, method] = /^([A-Z]{3,7}) \S+ HTTP\/\d/.exec(text) ?? [];
  if (method !== undefined) {
    const body = `This is a Polyproc server. It does not speak HTTP (${method}): ${framing}.\n`;
    return (
      `HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n` +
      `Connection: close\r\n\r\n${body}`
    );
  }
  // JSON's own white space: another byte that JavaScript takes for such may begin a fragment.
  if (/^[\t\r\n ]*[[{]/.test(text))
    return `${inJson(`this message has no header: ${framing}; messages that are divided by newlines are not read`)}\n`;
  // The first bytes of a TLS handshake.
  if (text.startsWith("\x16\x03"))
    return framed("this address does not speak TLS: connect to it without, or to a tls: address of the server");
  // A frame's length begins with a zero byte before `initialize`.
  if (/^[\t\r\n\x20-\x7e]+$/.test(text))
    return framed(`${JSON.stringify(text.slice(0, 20))} is no message: ${framing}`);
  return null;
}

function inJson(trouble: string): string {
  return JSON.stringify({ jsonrpc: "2.0", id: null, error: new PolyprocError("Malformed", trouble).toErrorObject() });
}

function framed(trouble: string): string {
  const body = inJson(trouble);
  return `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}
