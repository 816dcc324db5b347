import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { within } from "../../../deadline.js";
import { root } from "../../../fixture.js";
import { startServer } from "../../../server/server-process.js";
import { certificate, privateKey } from "../../../server/tls-files.js";
import { temporaryFolder } from "../../../temporary-folder.js";

test("a program connects to a tls: address, by name or by IP address, and Node has nothing to warn of", async (t) => {
  const folder = temporaryFolder(t);
  const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  writeFileSync(cert, certificate);
  writeFileSync(key, privateKey);
  const env = { POLYPROC_TOKEN: "open-sesame-open-sesame-open-sesame" };
  const server = await startServer(t, ["--listen", "tls:127.0.0.1:0", "--tls-cert", cert, "--tls-key", key], { env });
  const [byAddress] = server.addresses as [string];
  for (const address of [byAddress, byAddress.replace("127.0.0.1", "localhost")]) {
    const program = `
      import { connect } from ${JSON.stringify(join(root, "dist/bindings/typescript/index.js"))};
      const client = await connect(${JSON.stringify(address)});
      const queue = new client.Queue();
      await queue.put(1);
      console.log(await queue.get());
      await client.close();`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
      env: { ...process.env, ...env, NODE_EXTRA_CA_CERTS: cert },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let wrote = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => (wrote += text.toString()));
    const [status] = (await within(once(child, "close"), "the program's end")) as [number | null];
    assert.deepEqual([wrote, status], ["1\n", 0]);
  }
});
