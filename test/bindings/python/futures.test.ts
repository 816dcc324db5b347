import { describe } from "node:test";
import { needs } from "../../tools/needs.js";
import { reportTests } from "./python-tests.js";

describe("polyproc.futures", needs("python3"), () => reportTests("futures_behaviour.py"));
