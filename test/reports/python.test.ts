import { describe } from "node:test";
import { reportTests } from "../bindings/python/python-tests.js";
import { needs } from "../tools/needs.js";

describe("what was reported of Python's process pools", needs("python3"), () => reportTests("reported_elsewhere.py"));
