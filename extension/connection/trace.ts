import { inspect } from "node:util";
import type { Tap } from "./transport.js";

export type Detail = "off" | "messages" | "verbose";

/** Most pending requests that are remembered for their answers. More are pending only after a fault. */
const maxRemembered = 10_000;

/** Writes one line for each message, unless `detail` turns it off; with `verbose`, also the message's content. */
export function traceTap(detail: () => Detail, write: (line: string) => void): Tap {
  const asked = new Map<unknown, { method: string; at: number }>();
  return (direction, message, bytes) => {
    const now = detail();
    if (now === "off") {
      asked.clear();
      return;
    }
    const arrow = direction === "sent" ? "->" : "<-";
    const { id, method, params, result, error } = message as {
      id?: unknown;
      method?: string;
      params?: unknown;
      result?: unknown;
      error?: unknown;
    };
    if (method !== undefined) {
      if (id !== undefined && asked.size < maxRemembered) asked.set(id, { method, at: performance.now() });
      write(`${arrow} ${method}${id === undefined ? "" : ` #${String(id)}`}, ${bytes} bytes${content(now, params)}`);
      return;
    }
    const question = asked.get(id);
    asked.delete(id);
    const what = question
      ? `${question.method} #${String(id)} ${error === undefined ? "answered" : "failed"} ` +
        `after ${Math.round(performance.now() - question.at)} ms`
      : `answer #${String(id)}`;
    write(`${arrow} ${what}, ${bytes} bytes${content(now, error ?? result)}`);
  };
}

function content(detail: Detail, value: unknown): string {
  return detail === "verbose"
    ? ` ${inspect(value, { depth: 6, maxArrayLength: 50, maxStringLength: 500, breakLength: Infinity })}`
    : "";
}
