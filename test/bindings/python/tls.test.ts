import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { root } from "../../fixture.js";
import { startServer } from "../../server/server-process.js";
import { certificate, privateKey } from "../../server/tls-files.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { runPython } from "./run-python.js";
import { needs } from "../../tools/needs.js";

describe("the Python binding and a server on TLS", needs("python3 with ssl"), () => {
  it("behave", async (t) => {
    const folder = temporaryFolder(t);
    const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
    writeFileSync(cert, certificate);
    writeFileSync(key, privateKey);
    const env = { POLYPROC_TOKEN: "open-sesame-open-sesame-open-sesame" };
    // On all interfaces: one of its addresses is not in the certificate.
    const server = await startServer(
      t,
      ["--listen", "tls:0.0.0.0:0", "--listen", "tcp:127.0.0.1:0", "--tls-cert", cert, "--tls-key", key],
      { env },
    );
    const [tls, tcp] = server.addresses as [string, string];
    const fixture = join(root, "test", "bindings", "python", "fixtures", "tls_behaviour.py");
    const { status, stderr } = await runPython([fixture, tls.replace("0.0.0.0", "127.0.0.1"), tcp], {
      cwd: folder,
      env: { ...env, NODE_EXTRA_CA_CERTS: cert },
    });
    assert.equal(status, 0, stderr);
    assert.match(stderr, /^OK$/m);
  });
});
