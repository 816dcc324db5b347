/**
 * Pool: every way to call a function in its workers.
 *
 *     node dist/examples/pool-calls.js
 */
import { isMain, Pool, task } from "polyproc";

export function square(n: number): number {
  return n * n;
}

export function power(base: number, exponent: number): number {
  return base ** exponent;
}

function* naturals(): Generator<number> {
  for (let n = 1; ; n++) yield n;
}

if (isMain(import.meta)) {
  await using pool = new Pool(4);
  const squareTask = task(import.meta, square);

  // One call: `apply` waits for its result, `applyAsync` does not.
  console.log("apply:", await pool.apply(squareTask, [3]));
  const later = pool.applyAsync(squareTask, [4], { callback: (value) => console.log("callback:", value) });
  await later.wait();
  console.log("applyAsync:", later.ready(), later.successful(), await later.get());

  // A whole list. The results are in the order of the items.
  console.log("map:", await pool.map(squareTask, [1, 2, 3, 4]));
  console.log("mapAsync:", await pool.mapAsync(squareTask, [5, 6, 7]).get());
  console.log(
    "starmap:",
    await pool.starmap(task(import.meta, power), [
      [2, 3],
      [2, 4],
    ] as [number, number][]),
  );

  // One by one. The inputs are endless: `imap` takes them only as results are read.
  for await (const value of pool.imap(squareTask, naturals())) {
    if (value > 20) break;
    console.log("imap:", value);
  }
  const unordered: number[] = [];
  for await (const value of pool.imapUnordered(squareTask, [1, 2, 3], { chunkSize: 2 })) unordered.push(value);
  console.log(
    "imapUnordered:",
    unordered.toSorted((a, b) => a - b),
  );
}
