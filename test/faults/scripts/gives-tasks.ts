/** A script that gives many tasks to one worker, of which the first computes for ever: `gives-tasks.js LOG-FILE`. */
import { Pool, task } from "polyproc";
import * as killers from "../killers.js";

const meta = { url: new URL("../killers.js", import.meta.url).href };
const pool = new Pool(1);
for (let n = 0; n < 5; n++) await pool.apply(task(meta, killers.work), [{ n }]);
for (let n = 0; n < 40; n++) pool.applyAsync(task(meta, killers.note), [{ n, log: process.argv[2]!, spins: n === 0 }]);
console.log("given");
