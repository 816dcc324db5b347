import { describe } from "node:test";
import { needs } from "../../tools/needs.js";
import { reportTests } from "./python-tests.js";

describe("streams of commands in the Python binding", needs("python3"), () => reportTests("command_streams.py"));
