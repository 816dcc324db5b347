import { errorName } from "../../../protocol/errors.js";
import { failureStack, failureText } from "./failure-text.js";
import type { RunRecord, RunRow } from "./run-record.js";
import { entries } from "./entries.js";

/** Characters of a failure's text. */
const longestText = 100_000;

/** Rows as JUnit XML: the run is a suite and each item a test case. Items without an outcome are skipped. */
export async function* resultsJunit(run: RunRecord, indexes: readonly number[]): AsyncGenerator<string> {
  const { name } = run.request;
  const { startedAt, endedAt } = run.info;
  const rows = indexes.flatMap((index) => run.rows[index] ?? []);
  const failures = rows.filter(({ state }) => state === "failed").length;
  const skipped = rows.filter(({ state }) => state !== "failed" && state !== "done").length;
  const suite = attributes({
    name,
    tests: rows.length,
    failures,
    errors: 0,
    skipped,
    time: seconds((endedAt ?? Date.now()) - startedAt),
    timestamp: new Date(startedAt).toISOString().slice(0, -1),
  });
  yield `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n  <testsuite${suite}>\n`;
  for await (const { row } of entries(run, indexes)) yield testCase(row, name);
  yield "  </testsuite>\n</testsuites>\n";
}

function testCase(row: RunRow, classname: string): string {
  const { label, file, ms, state } = row;
  const given = attributes({ name: label, classname, ...(file === null ? {} : { file }), time: seconds(ms ?? 0) });
  if (state === "done") return `    <testcase${given}/>\n`;
  const outcome = state === "failed" ? failure(row) : `<skipped${attributes({ message: state })}/>`;
  return `    <testcase${given}>\n      ${outcome}\n    </testcase>\n`;
}

function failure({ error }: RunRow): string {
  if (!error) return "<failure/>";
  const type = error.data?.["type"];
  const given = attributes({
    message: failureText(error),
    type: typeof type === "string" ? type : (errorName(error.code) ?? "Error"),
  });
  return `<failure${given}>${escaped((failureStack(error) ?? error.message).slice(0, longestText))}</failure>`;
}

function attributes(values: Record<string, string | number>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escaped(String(value)).replaceAll("\n", "&#10;")}"`)
    .join("");
}

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Without the characters that XML cannot have. */
function escaped(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replaceAll(/[&<>"]/g, (character) => entities[character]!);
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
