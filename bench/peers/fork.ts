import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { seconds, type Contender } from "../contender.js";

const empty = fileURLToPath(new URL("../../../bench/peers/empty.cjs", import.meta.url));

export async function forkAndWait(count: number): Promise<Contender> {
  return {
    name: "child_process.fork",
    measure: () =>
      seconds(async () => {
        for (let i = 0; i < count; i++) await once(fork(empty), "exit");
      }),
    close: async () => {},
  };
}
