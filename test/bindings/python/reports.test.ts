import { describe } from "node:test";
import { needs } from "../../tools/needs.js";
import { reportTests } from "./python-tests.js";

const needed = needs("python3");

describe("Python's worker hosts write into the report channel, and clients see no difference", needed, () =>
  reportTests("reports.py"),
);

describe("What a signal handler writes in the middle of a send comes in its order", needed, () =>
  reportTests("report_order.py"),
);
