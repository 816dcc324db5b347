import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Random } from "../random.js";
import { checkHistory, type Operation } from "./checker.js";
import {
  lockModel,
  queueModel,
  semaphoreModel,
  type LockInput,
  type LockOutput,
  type QueueInput,
  type QueueOutput,
} from "./models.js";

type LockCall = Operation<LockInput, LockOutput>;
type QueueCall = Operation<QueueInput, QueueOutput>;

const acquire = (process: string, call: number, at: number, ownerDied = false): LockCall => ({
  process,
  input: "acquire",
  output: { acquired: true, ownerDied },
  call,
  return: at,
});
const refused = (process: string, call: number, at: number): LockCall => ({
  process,
  input: "acquire",
  output: { acquired: false },
  call,
  return: at,
});
const release = (process: string, call: number, at: number): LockCall => ({
  process,
  input: "release",
  output: null,
  call,
  return: at,
});
const death = (process: string, call: number): LockCall => ({ process, input: "death", call });
const put = (item: string, call: number, at: number, stored = true): QueueCall => ({
  process: "p",
  input: { put: item },
  output: stored,
  call,
  return: at,
});
const get = (item: string | null, call: number, at: number): QueueCall => ({
  process: "c",
  input: "get",
  output: item,
  call,
  return: at,
});

const ofLock = (...history: LockCall[]) => checkHistory(lockModel, history).kind;
const ofQueue = (maxSize: number, ...history: QueueCall[]) => checkHistory(queueModel(maxSize), history).kind;

describe("a lock's history", () => {
  it("is right when holders follow one another, also when their calls overlap", () => {
    assert.equal(ofLock(), "linearizable");
    assert.equal(ofLock(acquire("a", 0, 1), release("a", 2, 3), acquire("b", 4, 5)), "linearizable");
    assert.equal(
      ofLock(acquire("a", 0, 1), acquire("b", 1, 9), release("a", 2, 10), refused("c", 3, 4)),
      "linearizable",
    );
  });

  it("is wrong when two hold it at once", () => {
    const history = [acquire("a", 0, 1), acquire("b", 2, 3), release("a", 4, 5), release("b", 6, 7)];
    const verdict = checkHistory(lockModel, history);
    assert.equal(verdict.kind, "violation");
    assert.deepEqual(verdict.kind === "violation" && verdict.stuck, [history[1]]);
  });

  it("is wrong when a free lock is refused, or one is released that another holds", () => {
    assert.equal(ofLock(refused("a", 0, 1)), "violation");
    assert.equal(ofLock(acquire("a", 0, 1), release("a", 2, 3), refused("b", 4, 5)), "violation");
    assert.equal(ofLock(acquire("a", 0, 1), release("b", 2, 3)), "violation");
  });

  it("goes on after a holder's death, which the next holder must learn of", () => {
    assert.equal(
      ofLock(acquire("a", 0, 1), death("a", 2), acquire("b", 3, 4, true), release("b", 5, 6), acquire("c", 7, 8)),
      "linearizable",
    );
    assert.equal(ofLock(acquire("a", 0, 1), death("a", 2), acquire("b", 3, 4, false)), "violation");
    assert.equal(ofLock(acquire("a", 0, 1), acquire("b", 3, 4, true), death("a", 5)), "violation");
    assert.equal(ofLock(acquire("a", 0, 1), release("a", 2, 3), death("a", 4), acquire("b", 5, 6, true)), "violation");
  });

  it("allows a call without an answer to have had its effect or not", () => {
    const unanswered: LockCall = { process: "a", input: "acquire", call: 0 };
    assert.equal(ofLock(unanswered, acquire("b", 1, 2)), "linearizable");
    assert.equal(ofLock(unanswered, refused("b", 1, 2)), "linearizable");
    assert.equal(ofLock(unanswered, death("a", 1), acquire("b", 3, 4, true)), "linearizable");
    assert.equal(ofLock({ ...unanswered, call: 5 }, refused("b", 1, 2)), "violation");
  });
});

describe("a semaphore's history", () => {
  it("has at most as many holders as permits", () => {
    const two = semaphoreModel(2);
    const full = [acquire("a", 0, 1), acquire("b", 2, 3)];
    assert.equal(checkHistory(two, [...full, refused("c", 4, 5)]).kind, "linearizable");
    assert.equal(checkHistory(two, [...full, acquire("c", 4, 5)]).kind, "violation");
    assert.equal(checkHistory(two, [...full, death("a", 4), acquire("c", 5, 6)]).kind, "linearizable");
    assert.equal(checkHistory(two, [acquire("a", 0, 1), refused("b", 2, 3)]).kind, "violation");
  });
});

describe("a queue's history", () => {
  it("gives items in the order in which they were put", () => {
    assert.equal(
      ofQueue(0, put("1", 0, 1), put("2", 2, 3), get("1", 4, 5), get("2", 6, 7), get(null, 8, 9)),
      "linearizable",
    );
    assert.equal(ofQueue(0, put("1", 0, 5), put("2", 1, 6), get("2", 7, 8), get("1", 9, 10)), "linearizable");
    assert.equal(ofQueue(0, put("1", 0, 1), put("2", 2, 3), get("2", 4, 5), get("1", 6, 7)), "violation");
  });

  it("is wrong when an item comes twice or was never put, or a full queue is reported as empty", () => {
    assert.equal(ofQueue(0, put("1", 0, 1), get("1", 2, 3), get("1", 4, 5)), "violation");
    assert.equal(ofQueue(0, get("1", 2, 3)), "violation");
    assert.equal(ofQueue(0, put("1", 0, 1), get(null, 2, 3)), "violation");
    assert.equal(ofQueue(0, get("1", 0, 1), put("1", 2, 3)), "violation");
  });

  it("holds no more than its limit, and does not refuse before it is reached", () => {
    assert.equal(ofQueue(1, put("1", 0, 1), put("2", 2, 3)), "violation");
    assert.equal(ofQueue(1, put("1", 0, 1), put("2", 2, 3, false), get("1", 4, 5)), "linearizable");
    assert.equal(ofQueue(1, put("1", 0, 1, false)), "violation");
    assert.equal(ofQueue(1, put("1", 0, 1), put("2", 2, 9), get("1", 3, 4), get("2", 5, 10)), "linearizable");
  });
});

describe("the search", () => {
  it("accepts thousands of calls of a real order, and finds the one that was changed", () => {
    const random = new Random("checker");
    const history: LockCall[] = [];
    let at = 0;
    for (let i = 0; i < 3000; i++) {
      const process = `p${random.int(0, 5)}`;
      history.push(
        acquire(process, Math.max(0, at - random.int(0, 20)), at + 1),
        release(process, at + 2, at + 3 + random.int(0, 5)),
      );
      at += 10;
    }
    assert.equal(ofLock(...history), "linearizable");
    const changed = history.with(4000, { ...history[4000]!, call: 0, return: 5 });
    assert.equal(ofLock(...changed), "violation");
  });

  it("says so when there are too many orders", () => {
    const history = Array.from({ length: 40 }, (_, i) => put(String(i), 0, 1000)).concat(get("x", 0, 1000));
    assert.equal(checkHistory(queueModel(0), history, 1000).kind, "undecided");
  });
});
