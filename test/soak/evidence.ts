import { mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "polyproc";
import { waitFor, within } from "../deadline.js";
import { describeProcess } from "../runner/leaks.js";
import { isStopped, type SoakProcess } from "./processes.js";

/** How long a process may take to write its stacks. */
const stacksMs = 3000;
const snapshotMs = 5000;

/**
 * What can be known of a run that hangs, before anything is killed: of each process its stacks, its open descriptors
 * and what the kernel says that it waits for, and what the server knows. Python processes write their stacks into
 * `folder`, as `PID.python`; Node processes as a report.
 */
export async function collectEvidence(
  folder: string,
  address: string | null,
  processes: readonly SoakProcess[],
): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const parts = [await snapshotOf(address)];
  for (const row of processes) {
    parts.push(
      `== ${row.class} ${describeProcess(row)}${isStopped(row.pid) ? " (stopped)" : ""}`,
      kernelView(row.pid),
      await stacksOf(row, folder),
    );
  }
  const text = parts.filter((part) => part !== "").join("\n");
  writeFileSync(join(folder, "evidence.txt"), text);
  return text;
}

async function snapshotOf(address: string | null): Promise<string> {
  if (address === null) return "";
  try {
    const client = await within(connect(address), "a connection to the server", snapshotMs);
    try {
      const topics = ["process", "pool", "task", "sync", "deadlock", "run", "session"] as const;
      const asked = client.connection.request("events/subscribe", { topics: [...topics] });
      const { snapshot } = await within(asked, "the server's snapshot", snapshotMs);
      return `the server's snapshot:\n${JSON.stringify(snapshot, null, 1)}`;
    } finally {
      void client.close().catch(() => {});
    }
  } catch (error) {
    return `the server gives no snapshot: ${String(error)}`;
  }
}

function kernelView(pid: number): string {
  const lines: string[] = [];
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const of = (name: string) => read(`/proc/${pid}/task/${thread}/${name}`);
      lines.push(`thread ${thread} (${of("comm")}): wchan ${of("wchan")}, syscall ${of("syscall")}`);
    }
    for (const fd of readdirSync(`/proc/${pid}/fd`)) lines.push(`fd ${fd}: ${link(`/proc/${pid}/fd/${fd}`)}`);
  } catch {
    // It has gone.
  }
  const threads = read(`/proc/${pid}/status`)
    .split("\n")
    .filter((line) => /^(State|Threads|SigBlk|SigCgt)/.test(line));
  return [...threads, ...lines].join("\n");
}

async function stacksOf(row: SoakProcess, folder: string): Promise<string> {
  const command = row.command();
  const isPython = /python/.test(command.split(" ")[0] ?? "");
  const isNode = command.startsWith(process.execPath) || command.startsWith("node ");
  if ((!isPython && !isNode) || isStopped(row.pid)) return "";
  // A process that does not handle it would be ended by it: whether it does is looked up first.
  const signal = isPython ? 10 : 12;
  if (!handles(row.pid, signal)) return "it has no handler that writes stacks";
  process.kill(row.pid, signal);
  const isOf = (name: string) =>
    isPython ? name === `${row.pid}.python` : name.includes(`.${row.pid}.`) && name.endsWith(".json");
  const find = () => readdirSync(folder).find((name) => isOf(name) && statSync(join(folder, name)).size > 0);
  const found = await waitFor(find, { timeoutMs: stacksMs, what: "stacks" }).catch(() => null);
  if (found === null) return "it wrote no stacks";
  const text = read(join(folder, found));
  return isPython ? text : nodeStack(text);
}

function handles(pid: number, signal: number): boolean {
  const caught = /^SigCgt:\s*([0-9a-f]+)/m.exec(read(`/proc/${pid}/status`))?.[1];
  return caught !== undefined && (BigInt(`0x${caught}`) & (1n << BigInt(signal - 1))) !== 0n;
}

/** The parts of a Node report that matter: the stack, and the handles that keep the process alive. */
function nodeStack(text: string): string {
  try {
    const { javascriptStack, libuv } = JSON.parse(text) as {
      javascriptStack?: unknown;
      libuv?: { is_active: boolean; type: string }[];
    };
    return JSON.stringify({ javascriptStack, handles: libuv?.filter((handle) => handle.is_active) });
  } catch {
    return text.slice(0, 2000);
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "?";
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "?";
  }
}
