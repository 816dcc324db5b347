import { readFileSync } from "node:fs";

/**
 * Checks a CSV table. Throws if a row has another number of columns than the header, or if its last cell is not a
 * number.
 */
export function checkTable(path) {
  const rows = readFileSync(path, "utf8").trim().split("\n").map((line) => line.split(","));
  const [header] = rows;
  let sum = 0;
  rows.slice(1).forEach((row, index) => {
    if (row.length !== header.length)
      throw new RangeError(`${path}:${index + 2}: ${row.length} columns instead of ${header.length}`);
    const amount = Number(row.at(-1));
    if (Number.isNaN(amount)) throw new TypeError(`${path}:${index + 2}: "${row.at(-1)}" is not a number`);
    sum += amount;
  });
  return { rows: rows.length - 1, sum };
}
