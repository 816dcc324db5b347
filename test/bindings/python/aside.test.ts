import { describe } from "node:test";
import { needs } from "../../tools/needs.js";
import { reportTests } from "./python-tests.js";

describe(
  "Python's worker hosts put messages into the aside pipe, and clients see no difference",
  needs("python3"),
  () => reportTests("messages_aside.py"),
);
