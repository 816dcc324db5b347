import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe } from "node:test";
import { startServer } from "../../server/server-process.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { needs } from "../../tools/needs.js";
import { reportTests } from "./python-tests.js";

describe("what a Python client opens over tcp of what others pickled", needs("python3"), () => {
  describe("is what its own process tree pickled, unless it says that it trusts all", () => {
    reportTests("foreign_pickles.py", {
      async setUp(t) {
        const folder = temporaryFolder(t);
        const token = join(folder, "token");
        const { addresses } = await startServer(t, ["--listen", "tcp:127.0.0.1:0", "--token-file", token]);
        return {
          args: [addresses[0]!, join(folder, "mark")],
          env: { POLYPROC_TOKEN: readFileSync(token, "utf8").trim() },
        };
      },
    });
  });
});
