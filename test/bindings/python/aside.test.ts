import { describe } from "node:test";
import { needs } from "../../tools/needs.js";
import { reportTests } from "./python-tests.js";

describe("Python's worker hosts put messages aside, and nobody can tell", needs("python3"), () =>
  reportTests("messages_aside.py"),
);
