import { describe } from "node:test";
import { needs } from "../../tools/needs.js";
import { reportTests } from "./python-tests.js";

describe("what a Python task reports of its progress", needs("python3"), () => reportTests("progress_reports.py"));
