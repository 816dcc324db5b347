import { describe } from "node:test";
import { needs } from "../../tools/needs.js";
import { reportTests } from "./python-tests.js";

describe("Python's worker hosts write into the report channel, and clients see no difference", needs("python3"), () =>
  reportTests("reports.py"),
);
