import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToText, hasRawBytes, textToBytes } from "../../protocol/escaped-text.js";

test("any bytes become text and the same bytes again; what is UTF-8 stays as it is", () => {
  let seed = 7;
  const random = (limit: number) => (seed = (seed * 48271) % 2147483647) % limit;
  const leads = [0x41, 0x7f, 0x80, 0xbf, 0xc1, 0xc2, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff, 0x9f, 0xa0, 0x8f, 0x90];
  for (let n = 0; n < 5000; n++) {
    const bytes = Uint8Array.from({ length: random(12) }, () =>
      random(3) === 0 ? random(256) : leads[random(leads.length)]!,
    );
    const text = bytesToText(bytes);
    assert.deepEqual(textToBytes(text), bytes);
    const isUtf8 = Buffer.compare(Buffer.from(Buffer.from(bytes).toString()), bytes) === 0;
    if (isUtf8) assert.equal(text, Buffer.from(bytes).toString());
    assert.equal(hasRawBytes(text), !isUtf8);
  }
});

test("characters beyond the basic plane are no escapes, also those whose second half looks like one", () => {
  const text = "\u{1f480} \u{10fcff} é";
  assert.equal(hasRawBytes(text), false);
  assert.equal(bytesToText(Buffer.from(text)), text);
});
