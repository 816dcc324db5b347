import { join } from "node:path";
import { root } from "../fixture.js";
import { conformance } from "./suite.js";

conformance({
  name: "python",
  module: join(root, "test/conformance/fixtures/work.py"),
  source: "lambda n: n * 2",
  hearsCancel: true,
  needs: ["python3"],
});
