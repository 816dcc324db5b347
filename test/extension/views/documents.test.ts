import assert from "node:assert/strict";
import { test } from "node:test";
import type { RequestName } from "../../../bindings/typescript/session/methods.js";
import type { Rpc } from "../../../extension/connection/rpc.js";
import type { Model } from "../../../extension/model/model.js";
import { FollowedOutput } from "../../../extension/views/documents/followed-output.js";
import { OutputText } from "../../../extension/views/documents/output-text.js";
import { plainText } from "../../../extension/views/documents/plain-text.js";
import { whyEnded } from "../../../extension/views/documents/why-ended.js";
import { PolyprocError } from "../../../protocol/errors.js";
import type { OutputLine, ProcessInfo } from "../../../protocol/process.js";
import { endedInfo, known, poolInfo, processInfo } from "./fake-model.js";

function line(number: number, text: string, more: Partial<OutputLine> = {}): OutputLine {
  return { process: "process:a", pid: 100, stream: "stdout", line: number, text, partial: false, task: null, ...more };
}

/** Answers what it is told to; a function is asked with the parameters. */
function fakeRpc(answers: Partial<Record<RequestName, (params: never) => unknown>>): Rpc {
  const request = (method: RequestName, params: never) =>
    Promise.resolve().then(() => {
      const answer = answers[method];
      if (!answer) throw new PolyprocError("UnknownHandle", "no such object");
      return answer(params);
    });
  return { request } as unknown as Rpc;
}

function modelWith(processes: ProcessInfo[], pools = [poolInfo("s1.1", { run: "run:s1.1" })]): Model {
  return known({ processes, pools }) as unknown as Model;
}

test("colours and overwritten text of terminal output are removed", () => {
  assert.equal(plainText("\u001b[31mred\u001b[0m\n10 %\r20 %\r\nlast"), "red\n20 %\nlast");
});

test("a document grows by the new lines, and says how many were left out", () => {
  const text = new OutputText();
  assert.ok(text.take({ lines: [line(5, "five"), line(6, "six")], dropped: 5 }));
  assert.ok(!text.take({ lines: [line(6, "six")], dropped: 0 }));
  assert.equal(text.nextLine, 7);
  assert.ok(
    text.take({
      lines: [line(6, "six"), line(7, "se", { partial: true }), line(8, "ven", { partial: true })],
      dropped: 0,
    }),
  );
  assert.equal(text.text(null), "… 5 earlier lines left out\nfive\nsix\nseven");
  assert.equal(text.text("exit code 3"), "… 5 earlier lines left out\nfive\nsix\nseven\n\n[exit code 3]\n");
});

test("the end of a flood is kept", () => {
  const text = new OutputText();
  for (let i = 0; i < 300; i++)
    text.take({
      lines: Array.from({ length: 100 }, (_, k) => line(i * 100 + k, `${i * 100 + k}`.padEnd(99))),
      dropped: 0,
    });
  const all = text.text(null);
  assert.ok(all.length < 600_000);
  assert.match(all, /^… [\d,]+ earlier lines left out\n/);
  assert.ok(all.trimEnd().endsWith("29999"));
});

test("output is read on until the process has exited", async () => {
  const process = processInfo("a");
  let written = ["one"];
  const rpc = fakeRpc({
    "process/output": ({ fromLine }: { fromLine: number }) => ({
      lines: written.map((text, i) => line(i, text)).slice(fromLine),
      dropped: 0,
    }),
  });
  let current = process;
  const model = { processes: new Map([[process.process, process]]), pools: new Map() } as unknown as Model;
  const output = new FollowedOutput(
    process,
    new Proxy(model, {
      get: (target, key) => (key === "processes" ? new Map([[process.process, current]]) : Reflect.get(target, key)),
    }),
    () => rpc,
  );
  assert.ok(await output.read());
  assert.ok(!(await output.read()));
  written = ["one", "two"];
  current = endedInfo("a", 3);
  assert.ok(await output.read());
  assert.ok(output.ended);
  assert.equal(output.text, "one\ntwo\n\n[exit code 3]\n");
});

test("a command's output is requested from its run once the process is forgotten", async () => {
  const command = processInfo("t", { role: "task", name: "lint [4]", pool: "pool:s1.1" });
  const rpc = fakeRpc({
    "run/output": (params: unknown) => {
      assert.deepEqual(params, { run: "run:s1.1", index: 4 });
      return { lines: [{ stream: "stderr", text: "bad" }], dropped: 2 };
    },
  });
  const output = new FollowedOutput(command, modelWith([]), () => rpc);
  await output.read();
  assert.equal(output.text, "… 2 earlier lines left out\nbad\n\n[ended]\n");
});

test("the document ends when the process is forgotten or the server has gone", async () => {
  const ignorant = fakeRpc({});
  const forgotten = new FollowedOutput(processInfo("a"), modelWith([]), () => ignorant);
  await forgotten.read();
  assert.match(forgotten.text, /no longer remembered\]\n$/);
  let rpc: Rpc | null = fakeRpc({ "process/output": () => ({ lines: [line(0, "one")], dropped: 0 }) });
  const lost = new FollowedOutput(processInfo("a"), modelWith([]), () => rpc);
  await lost.read();
  // The next server is another one, whose handles mean other processes.
  rpc = fakeRpc({ "process/output": () => ({ lines: [line(1, "of another process")], dropped: 0 }) });
  await lost.read();
  assert.equal(lost.text, "one\n\n[its server has gone]\n");
});

test("why a process ended: its signal, what that means, and its last words on stderr", () => {
  const process = endedInfo("a", -9, { reason: "killed by SIGKILL", target: "sleep 60" });
  const page = whyEnded(
    process,
    [line(0, "out"), line(1, "\u001b[31mout of memory\u001b[0m", { stream: "stderr" })],
    "This window (7)",
  );
  assert.match(page, /^a \(pid 100\): killed by SIGKILL\n/);
  assert.match(page, /Signal +SIGKILL\n/);
  assert.match(page, /Meaning +Killed: .*memory ran out/);
  assert.match(page, /Target +sleep 60\n/);
  assert.match(page, /by This window \(7\)\n/);
  assert.match(page, /What it wrote on stderr:\n\n {4}out of memory\n$/);
});

test("why a process ended: memory is told apart from a kill", () => {
  const meaning = (code: number, more: object, error = "") =>
    /Meaning +(.*)/.exec(whyEnded(endedInfo("a", code, more), [line(0, error, { stream: "stderr" })], "x"))?.[1];
  assert.match(meaning(-9, { outOfMemory: true })!, /^Killed by the system, because memory ran out/);
  assert.match(meaning(-9, { outOfMemory: false })!, /^Killed by another program: memory had not run out/);
  const heap = "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory";
  assert.match(meaning(-6, {}, heap)!, /^The heap of Node reached its limit/);
  assert.match(meaning(1, {}, "MemoryError")!, /^Python got no more memory/);
  assert.match(whyEnded(endedInfo("a", -9, { peakMemoryBytes: 2 ** 30 }), [], "x"), /Peak memory +1\.0 GiB/);
});

test("why a process ended, if little is known", () => {
  assert.match(whyEnded(endedInfo("a", 127), [], "x"), /Meaning +Usually: the shell did not find the command/);
  assert.match(whyEnded(endedInfo("a", 1), [], "x"), /It wrote nothing\.\n$/);
  assert.match(whyEnded(endedInfo("a", 1), null, "x"), /no longer remembered\.\n$/);
  const many = Array.from({ length: 60 }, (_, i) => line(i, `line ${i}`));
  const page = whyEnded(endedInfo("a", 1, { reason: "Error: first\n    at second" }), many, "x");
  assert.match(page, /^a \(pid 100\): Error: first\n/);
  assert.match(page, /Reason +Error: first\n {15}at second\n/);
  assert.match(page, /Last lines on stdout:\n\n {4}line 20\n/);
});
