import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe } from "node:test";
import { startServer } from "../../server/server-process.js";
import { certificate, privateKey } from "../../server/tls-files.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { needs } from "../../tools/needs.js";
import { reportTests } from "./python-tests.js";

describe("the Python binding and a server on TLS", needs("python3 with ssl"), () =>
  reportTests("tls_behaviour.py", {
    async setUp(t) {
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
      return { args: [tls.replace("0.0.0.0", "127.0.0.1"), tcp], env: { ...env, NODE_EXTRA_CA_CERTS: cert } };
    },
  }),
);
