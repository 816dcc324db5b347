import { describe } from "node:test";
import { needs } from "../../tools/needs.js";
import { reportTests } from "./python-tests.js";

describe("queues of the Python binding", needs("python3"), () => {
  describe("take items ahead for a fast consumer, and nobody else can tell", () => reportTests("queue_ahead.py"));
  describe("lose with a consumer that is killed what it was handed, and nothing else", () =>
    reportTests("queue_killed.py"));
});
