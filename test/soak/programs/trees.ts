import { Process, task } from "polyproc";
import { grow } from "./tasks.js";
import { writeError, type Workload } from "./workload.js";

const at = { url: new URL("./tasks.js", import.meta.url).href };

/** Trees of processes, some of which are ended from above while they grow. */
export const tree: Workload = async ({ params, log, random, goesOn }) => {
  while (goesOn()) {
    const [depth, width] = random.pick([
      [1, 2],
      [2, 1],
      [2, 2],
      [3, 1],
    ] as const);
    const root = new Process({ target: task(at, grow), args: [params.log, depth, width, random.int(0, 30)] });
    try {
      await root.start();
      const ends = random.pick(["join", "join", "terminate", "kill"] as const);
      if (ends !== "join") {
        await new Promise((resolve) => setTimeout(resolve, random.int(0, 200)));
        await (ends === "kill" ? root.kill() : root.terminate());
      }
      await root.join();
      log.write("tree", { depth, width, ends, exitCode: root.exitCode, child: root.pid });
    } catch (error) {
      writeError(log, "tree", error);
    }
  }
};
