import { describe } from "node:test";
import { needs } from "../../tools/needs.js";
import { fixtures, reportTests } from "./python-tests.js";

describe("the Python binding", needs("python3"), () => {
  describe("as a script", () => reportTests("behaviours.py"));
  describe("as a module (-m)", () => reportTests("behaviours.py", { args: ["-m", "behaviours"], cwd: fixtures }));
});
