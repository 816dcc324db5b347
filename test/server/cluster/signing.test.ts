import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Signer } from "../../../server/cluster/signing.js";
import { temporaryFolder } from "../../temporary-folder.js";

test("a signature is valid for its record in its place only, whatever the order of members", (t) => {
  const file = join(temporaryFolder(t), "key");
  writeFileSync(file, "0123456789abcdef\n", { mode: 0o600 });
  const signer = Signer.of(file);
  const record = { a: 1, b: { c: [1, 2], d: "x" } };
  const signed = signer.sign("main/pool/p1", record);
  assert.ok(signer.accepts("main/pool/p1", signed));
  const reordered: object = { b: { d: "x", c: [1, 2] }, sig: signed.sig, a: 1 };
  assert.ok(signer.accepts("main/pool/p1", reordered));
  assert.ok(!signer.accepts("main/pool/p2", signed));
  const changed: object = { ...signed, a: 2 };
  assert.ok(!signer.accepts("main/pool/p1", changed));
  assert.ok(!signer.accepts("main/pool/p1", record));
  assert.ok(!signer.accepts("main/pool/p1", { ...signed, sig: "" }));
  writeFileSync(file, "short\n");
  assert.throws(() => Signer.of(file), /it has 5 bytes; expected 16 or more/);
});
