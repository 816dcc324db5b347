import { describe } from "node:test";
import { needs } from "../../tools/needs.js";
import { reportTests } from "./python-tests.js";

describe("the rest of multiprocessing", needs("python3"), () => reportTests("doors.py"));
