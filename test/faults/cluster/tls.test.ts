import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { compiled, root } from "../../fixture.js";
import { certificate, privateKey } from "../../server/tls-files.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { needs } from "../../tools/needs.js";
import { allowTasks, startAgent, taskFile } from "./cluster-stage.js";
import { TestRedis } from "./redis.js";

/** The user's rules as the documentation gives them. */
function documentedRules(): string[] {
  const text = readFileSync(join(root, "docs", "cluster.md"), "utf8");
  const rules = /^ACL SETUSER polyproc (.*)$/m.exec(text)?.[1];
  assert.ok(rules !== undefined, "docs/cluster.md has no rules");
  return rules.replace("PASSWORD", "s3cret").split(" ");
}

test(
  "a cluster works over TLS, with a user of Redis that has the documented rules only",
  needs("redis-server"),
  async (t) => {
    const folder = temporaryFolder(t);
    const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
    writeFileSync(cert, certificate);
    writeFileSync(key, privateKey, { mode: 0o600 });
    const store = await TestRedis.start(
      t,
      [
        ...["--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", cert, "--tls-auth-clients", "no"],
        ...["--user", "default", "off", "--user", "polyproc", ...documentedRules()],
      ],
      "127.0.0.1",
      "tls",
    );
    const address = store.url().replace("redis://127.0.0.1", "rediss://polyproc@localhost");
    const env = { NODE_EXTRA_CA_CERTS: cert, POLYPROC_CLUSTER_PASSWORD: "s3cret" };
    const agent = await startAgent(t, address, "alpha", ["-j", "2", ...allowTasks], env);
    const binding = pathToFileURL(compiled("bindings/typescript/index")).href;
    const program = join(folder, "program.mjs");
    writeFileSync(
      program,
      `import { Lock, Pool, Semaphore } from ${JSON.stringify(binding)};
     const [cluster, module] = process.argv.slice(2);
     const pool = new Pool({ cluster, processes: 2 });
     console.log(JSON.stringify(await pool.map({ module, export: "double" }, [1, 2, 3])));
     const large = "x".repeat(200_000);
     console.log((await pool.apply({ module, export: "echo" }, [large])) === large);
     await pool.apply({ module, export: "fails" }, [1]).catch((error) => console.log(error.name));
     await new Lock({ name: "deploy", cluster }).use(({ fence }) => console.log(fence > 0));
     const few = new Semaphore(2, { name: "few", cluster });
     await few.acquire();
     console.log(await few.value());
     await few.release();
     await pool.terminate();`,
    );
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [program, address, taskFile], {
      env: { ...process.env, ...env },
    });
    assert.equal(stdout, "[2,4,6]\ntrue\nTaskFailed\ntrue\n1\n");
    assert.equal(stderr, "");
    agent.process.kill("SIGTERM");
    assert.equal(await agent.exited(), 0);
    assert.equal(agent.stderr(), "");
  },
);
