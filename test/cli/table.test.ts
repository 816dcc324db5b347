import assert from "node:assert/strict";
import { test } from "node:test";
import { renderTable } from "../../cli/table.js";

test("columns line up, and lines have no spaces at their ends", () => {
  assert.deepEqual(
    renderTable(
      [{ title: "PID", align: "right" }, { title: "NAME" }, { title: "RUNS" }],
      [
        ["7", "one", "make"],
        ["12345", "a longer name", ""],
      ],
    ),
    ["  PID  NAME           RUNS", "    7  one            make", "12345  a longer name"],
  );
});
