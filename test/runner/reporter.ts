import { AssertionError } from "node:assert/strict";
import { writeSync } from "node:fs";
import { inspect } from "node:util";
import type { TestEvent as NodeTestEvent } from "node:test/reporters";

/**
 * What a test file tells the runner: one line of JSON each, on file descriptor 3, at once, so that it is not lost with
 * the process.
 */
export type TestEvent =
  | { kind: "begins"; name: string; nesting: number }
  | { kind: "passed"; name: string; nesting: number; durationMs: number }
  /** A test, or a suite with all its tests, that did not run. */
  | { kind: "skipped"; name: string; nesting: number; durationMs: number; reason: string }
  | { kind: "failed"; name: string; nesting: number; durationMs: number; error: string }
  /** A measurement that a test reported by `t.diagnostic`. */
  | { kind: "note"; text: string };

/** node:test's own closing lines. */
const summary = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/;

/** Given to node as `--test-reporter`. Prints nothing itself. */
export default async function* reporter(source: AsyncIterable<NodeTestEvent>): AsyncGenerator<string> {
  for await (const event of source) {
    const told = translate(event);
    if (told) writeSync(3, `${JSON.stringify(told)}\n`);
  }
  yield "";
}

function translate(event: NodeTestEvent): TestEvent | undefined {
  switch (event.type) {
    case "test:dequeue":
      return { kind: "begins", name: event.data.name, nesting: event.data.nesting };
    case "test:pass": {
      const { name, nesting, details, skip, todo } = event.data;
      const why = [skip, todo].find((one) => one !== undefined && one !== false);
      if (why !== undefined)
        return {
          kind: "skipped",
          name,
          nesting,
          durationMs: details.duration_ms,
          reason: typeof why === "string" ? why : "",
        };
      return details.type === "suite" ? undefined : { kind: "passed", name, nesting, durationMs: details.duration_ms };
    }
    case "test:fail": {
      const { name, nesting, details } = event.data;
      const failure = details.error as Error & { failureType?: string };
      // The subtest itself is reported as failed.
      if (failure.failureType === "subtestsFailed") return undefined;
      return { kind: "failed", name, nesting, durationMs: details.duration_ms, error: describe(failure) };
    }
    case "test:diagnostic":
      return summary.test(event.data.message) ? undefined : { kind: "note", text: event.data.message };
    default:
      return undefined;
  }
}

/** node:test wraps what was thrown. Its own frames, and Node's, say nothing. */
function describe(failure: Error & { failureType?: string }): string {
  const cause = failure.cause ?? failure;
  if (!(cause instanceof Error)) return typeof cause === "string" ? cause : inspect(cause);
  // An assertion's message shows both values already.
  const text = cause instanceof AssertionError ? (cause.stack ?? cause.message) : inspect(cause, { depth: 4 });
  return text
    .split("\n")
    .filter((line) => !/^\s+at .*\(?node:/.test(line))
    .join("\n");
}
