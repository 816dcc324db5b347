import { Pipe, Process, task, type PipeEnd, type Task } from "polyproc";
import { writeError, type Work, type Workload } from "./workload.js";
import { echo, receive, send, sendAlong } from "./tasks.js";

const at = { url: new URL("./tasks.js", import.meta.url).href };

/**
 * Has a child send a stream, or send back what it is sent; what arrives must be a beginning of what was sent, in order.
 */
export const pipe: Workload = async (work) => {
  while (work.goesOn()) await work.random.pick([stream, exchange, share])(work);
};

function sizes({ random }: Work, count: number): number[] {
  return Array.from({ length: count }, () => (random.chance(0.05) ? random.int(0, 400_000) : random.int(0, 200)));
}

async function stream(work: Work): Promise<void> {
  const { params, log, random } = work;
  const count = random.int(1, 200);
  const [reader, writer] = Pipe<string>(random.chance(0.5));
  const pauses = Array.from({ length: count }, () => (random.chance(0.02) ? random.int(0, 10) : 0));
  const child = new Process({ target: task(at, send), args: [writer, params.log, sizes(work, count), pauses] });
  await child.start();
  await writer.close();
  const received = await receiveAll(reader, work);
  await reader.close();
  await child.join();
  log.write("stream", { count, received, exitCode: child.exitCode, child: child.pid });
}

/** How many came; -1 when one was out of order. */
async function receiveAll(reader: PipeEnd<string>, { log, random }: Work): Promise<number> {
  let expected = 0;
  try {
    for await (const item of reader) {
      const number = Number(item.slice(item.lastIndexOf(" ") + 1));
      if (number !== expected++) {
        log.write("violation", { text: `item ${number} of a pipe came where ${expected - 1} was due` });
        return -1;
      }
      if (random.chance(0.01)) await new Promise((resolve) => setTimeout(resolve, random.int(0, 10)));
    }
  } catch (error) {
    writeError(log, "recv", error);
  }
  return expected;
}

async function exchange(work: Work): Promise<void> {
  const { log, random } = work;
  const [mine, theirs] = Pipe<string>();
  const child = new Process({ target: task(at, echo), args: [theirs], daemon: true });
  await child.start();
  await theirs.close();
  const items = sizes(work, random.int(1, 50)).map((size, number) => `${"e".repeat(size)} ${number}`);
  let back = 0;
  try {
    for (const item of items) {
      await mine.send(item);
      if ((await mine.recv()) !== item) log.write("violation", { text: `item ${back} came back changed` });
      back++;
    }
  } catch (error) {
    writeError(log, "exchange", error);
  }
  await mine.close().catch((error: unknown) => writeError(log, "close", error));
  await child.join();
  log.write("exchange", { count: items.length, back, exitCode: child.exitCode, child: child.pid });
}

/** Several children send through one end, several receive from the other. */
async function share(work: Work): Promise<void> {
  const { params, log, random } = work;
  const [reader, writer] = Pipe<string>(false);
  const start = async (target: Task<unknown[], void>, args: unknown[]) => {
    const child = new Process({ target, args });
    await child.start();
    return child;
  };
  const senders = Array.from({ length: random.int(1, 3) }, () =>
    start(task(at, sendAlong) as Task<unknown[], void>, [writer, params.log, sizes(work, random.int(1, 80))]),
  );
  const receivers = Array.from({ length: random.int(1, 3) }, () =>
    start(task(at, receive) as Task<unknown[], void>, [reader, params.log]),
  );
  // While this program holds the ends, no child gets EOF.
  const started = await Promise.allSettled([...senders, ...receivers]);
  await writer.close();
  await reader.close();
  const children = started.filter((one) => one.status === "fulfilled").map(({ value }) => value);
  for (const one of started) if (one.status === "rejected") writeError(log, "share", one.reason);
  for (const child of children) await child.join();
  log.write("shared", {
    children: children.map(({ pid }) => pid),
    exitCodes: children.map(({ exitCode }) => exitCode),
  });
}
