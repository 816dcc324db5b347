import { describe } from "node:test";
import { needs } from "../../tools/needs.js";
import { reportTests } from "./python-tests.js";

describe("options of pools in the Python binding", needs("python3"), () => reportTests("pool_options.py"));
