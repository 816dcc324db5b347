import { describe } from "node:test";
import { needs } from "../../tools/needs.js";
import { reportTests } from "./python-tests.js";

describe("queues of the Python binding", needs("python3"), () => {
  describe("borrow items for a fast consumer, and other consumers see no difference", () =>
    reportTests("queue_ahead.py"));
  describe("lose with a consumer that is killed what it was handed, and nothing else", () =>
    reportTests("queue_killed.py"));
});
