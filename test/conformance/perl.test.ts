import { join } from "node:path";
import { root } from "../fixture.js";
import { conformance } from "./suite.js";

conformance({
  name: "perl",
  module: join(root, "test/conformance/fixtures/work.pl"),
  serverOptions: ["--runtime", `perl=perl ${join(root, "examples/runtimes/host.pl")}`],
  source: "sub { $_[0] * 2 }",
});
