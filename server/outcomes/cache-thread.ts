import { parentPort } from "node:worker_threads";
import { CachedItems } from "./cached-items.js";
import type { FromThread, ToThread } from "./messages.js";

/** Milliseconds between two signs of life while a large file is read. */
const busyMs = 1000;

const runs = new Map<number, CachedItems>();
const port = parentPort!;
let toldAt = performance.now();

function tell(message: FromThread, transfer: ArrayBuffer[] = []): void {
  toldAt = performance.now();
  port.postMessage(message, transfer);
}

function busy(): void {
  if (performance.now() - toldAt > busyMs) tell({ kind: "busy" });
}

function handle(message: ToThread): void {
  const run = runs.get(message.run);
  switch (message.kind) {
    case "open":
      runs.set(message.run, new CachedItems(message.about, busy));
      return;
    case "look": {
      const found = message.items.map((item, i) => {
        busy();
        return run!.look(message.from + i, item);
      });
      tell({ kind: "looked", call: message.call, found });
      return;
    }
    case "keep":
      run!.keep(message.index, message.item, message.outcome);
      tell({ kind: "kept", bytes: message.item.length + message.outcome.value.length });
      return;
    case "close":
      // First the answer: the run ends, and is not held up by the removal of old outcomes.
      tell({ kind: "closed", run: message.run });
      run!.close();
      runs.delete(message.run);
      tell({ kind: "over", run: message.run });
  }
}

port.on("message", handle);
