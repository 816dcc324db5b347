/** A script of which one task takes more memory than there is: `takes-memory.js BYTES`. */
import { Pool, type PolyprocError } from "polyproc";

const pool = new Pool(2);
const take = (bytes: number) => Buffer.alloc(bytes, 1).length;
const outcomes = await Promise.allSettled([
  pool.apply(take, [1000]),
  pool.apply(take, [Number(process.argv[2])]),
  pool.apply(take, [2000]),
]);
for (const outcome of outcomes) {
  if (outcome.status === "fulfilled") console.log(outcome.value);
  else {
    const { codeName, message, data } = outcome.reason as PolyprocError;
    console.log(JSON.stringify({ codeName, message, outOfMemory: (data as { outOfMemory?: boolean }).outOfMemory }));
  }
}
console.log(await pool.apply(take, [3000]));
await pool.close();
await pool.join();
