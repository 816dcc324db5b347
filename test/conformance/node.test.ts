import { compiled } from "../fixture.js";
import { conformance } from "./suite.js";

conformance({
  name: "node",
  module: compiled("test/conformance/fixtures/work"),
  source: "(n) => n * 2",
  hearsCancel: true,
});
