import { describe } from "node:test";
import { needs } from "../../tools/needs.js";
import { reportTests } from "./python-tests.js";

const skip = process.platform === "linux" ? needs("python3").skip : "blocks are Linux's";

describe("large payloads of the Python binding", { skip }, () => reportTests("blocks.py"));
