import { join } from "node:path";
import { describe } from "node:test";
import { startServer } from "../../server/server-process.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { needs } from "../../tools/needs.js";
import { reportTests } from "./python-tests.js";

describe("large values of the Python binding", needs("python3"), () => {
  describe("are joined from their fragments, and a damaged stream is found out", () => reportTests("large_stream.py"));

  describe("pass", () => reportTests("large_values.py"));

  describe("fail alone when they are too large, with size, limit and option", () =>
    reportTests("large_limits.py", {
      async setUp(t) {
        const address = `unix:${join(temporaryFolder(t), "s")}`;
        const limits = ["--max-payload-bytes", "2000000", "--max-message-bytes", "2000000"];
        await startServer(t, ["--listen", address, ...limits]);
        return { env: { POLYPROC_TEST_SERVER: address } };
      },
    }));
});
