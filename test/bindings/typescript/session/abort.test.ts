import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { onAbort } from "../../../../bindings/typescript/session/abort.js";

test("a signal has one listener, however many wait for it, and none when all have forgotten it", () => {
  const { signal } = new AbortController();
  const listeners = () => getEventListeners(signal, "abort").length;
  const called: string[] = [];
  const forgets = Array.from({ length: 20 }, (_, i) => onAbort(signal, () => called.push(String(i))));
  assert.equal(listeners(), 1);
  for (const forget of forgets) forget();
  assert.equal(listeners(), 0);
  assert.deepEqual(called, []);
});

test("each that waits is called once, in order, also if it has forgotten another", () => {
  const controller = new AbortController();
  const called: string[] = [];
  const action = () => called.push("shared");
  onAbort(controller.signal, action);
  onAbort(controller.signal, action);
  onAbort(controller.signal, () => {
    called.push("third");
    forgetFourth();
  });
  const forgetFourth = onAbort(controller.signal, () => called.push("fourth"));
  const forgetFifth = onAbort(controller.signal, () => called.push("fifth"));
  forgetFifth();
  forgetFifth();
  controller.abort();
  assert.deepEqual(called, ["shared", "shared", "third"]);
  onAbort(controller.signal, () => called.push("late"));
  assert.deepEqual(called, ["shared", "shared", "third", "late"]);
});

test("one that throws is an uncaught exception, and the others are called", async () => {
  const controller = new AbortController();
  const called: string[] = [];
  onAbort(controller.signal, () => {
    throw new Error("from the first");
  });
  onAbort(controller.signal, () => called.push("second"));
  const uncaught = new Promise<Error>((resolve) => process.setUncaughtExceptionCaptureCallback(resolve));
  try {
    controller.abort();
    assert.deepEqual(called, ["second"]);
    assert.equal((await uncaught).message, "from the first");
  } finally {
    process.setUncaughtExceptionCaptureCallback(null);
  }
});

test("a signal that was forgotten by all is listened to again", () => {
  const controller = new AbortController();
  const called: string[] = [];
  onAbort(controller.signal, () => called.push("first"))();
  onAbort(controller.signal, () => called.push("second"));
  controller.abort();
  assert.deepEqual(called, ["second"]);
});
