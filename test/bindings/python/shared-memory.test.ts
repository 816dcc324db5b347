import { describe } from "node:test";
import { needs } from "../../tools/needs.js";
import { reportTests } from "./python-tests.js";

const skip = process.platform === "linux" ? needs("python3").skip : "not run elsewhere";

describe("shared memory of the Python binding", { skip }, () => reportTests("shared_memories.py"));
