import { describe } from "node:test";
import { needs } from "../../tools/needs.js";
import { reportTests } from "./python-tests.js";

describe("pools with queues of their own", needs("python3"), () => reportTests("own_queues.py"));
