import assert from "node:assert/strict";
import { test } from "node:test";
import { signalNumber } from "../../../server/os/signals.js";

test("signals have the system's numbers", () => {
  assert.equal(signalNumber("SIGKILL"), 9);
  assert.equal(signalNumber("SIGTERM"), 15);
  assert.equal(signalNumber("SIGNOTHING"), 0);
});
