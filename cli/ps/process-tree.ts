import type { PoolInfo } from "../../protocol/pool.js";
import type { ProcessInfo, Usage } from "../../protocol/process.js";
import { formatBytes } from "../../protocol/bytes.js";
import { formatDuration } from "../../protocol/duration.js";
import { renderTable } from "../table.js";
import { longestName, processCells, processColumns, processName, shorten } from "./process-row.js";
import type { ServerState } from "./server-state.js";

interface Node {
  title: string;
  cells: string[];
  children: Node[];
}

/** The session id of pools and processes that belong to runs. */
const ofRuns = "server";

type Descendant = Usage["descendants"][number];

/** Renders the server, its clients, their processes and pools, and the descendants of those. */
export function renderTree(state: ServerState): string[] {
  const { server } = state;
  const root: Node = {
    title: `server ${server.pid}`,
    cells: ["running", formatDuration(server.uptimeMs), "", formatBytes(server.rssBytes), server.addresses.join(" ")],
    children: clients(state),
  };
  return renderTable([{ title: "PROCESS" }, ...processColumns], flatten(root, "", ""));
}

function clients(state: ServerState): Node[] {
  const { processes, pools } = state;
  // A session that is a process of the server is not a client: its children stand below that process.
  const owners = new Map<string, string>();
  for (const { session, parent } of processes) if (parent !== null) owners.set(session, parent);
  const sessions = new Set([...processes.map(({ session }) => session), ...pools.map(({ session }) => session)]);
  sessions.delete("");
  const nodes = [...sessions]
    .filter((session) => !owners.has(session))
    .map((session) => ({
      title: sessionTitle(state, session),
      cells: [],
      children: below(state, owners, session, null),
    }));
  const warm = processes.filter(({ session }) => session === "").map((process) => processNode(state, owners, process));
  return [...nodes, ...warm];
}

function sessionTitle({ sessions }: ServerState, id: string): string {
  if (id === ofRuns) return "runs";
  const name = sessions.find(({ session }) => session === id)?.name;
  return name ? `client ${id} ${shorten(name, longestName)}` : `client ${id}`;
}

/** The children of one session: of a client (`parent` null) or of a process. */
function below(
  state: ServerState,
  owners: ReadonlyMap<string, string>,
  session: string | null,
  parent: string | null,
): Node[] {
  const isHere = (of: { session: string }) =>
    session === null ? owners.get(of.session) === parent : of.session === session;
  const own = state.processes.filter(
    (process) => process.pool === null && process.parent === parent && (parent !== null || isHere(process)),
  );
  const pools = new Set(
    state.processes.flatMap((process) =>
      process.pool !== null && process.parent === parent && isHere(process) ? [process.pool] : [],
    ),
  );
  for (const pool of state.pools) if (isHere(pool)) pools.add(pool.pool);
  return [
    ...own.map((process) => processNode(state, owners, process)),
    ...[...pools].map((pool) => poolNode(state, owners, pool)),
  ];
}

function processNode(state: ServerState, owners: ReadonlyMap<string, string>, process: ProcessInfo): Node {
  const usage = state.usage.get(process.process);
  return {
    title: `${process.pid ?? "-"} ${processName(process)}`,
    cells: processCells(process, state),
    children: [...below(state, owners, null, process.process), ...descendants(usage?.descendants ?? [])],
  };
}

function poolNode(state: ServerState, owners: ReadonlyMap<string, string>, handle: string): Node {
  const pool = state.pools.find((candidate) => candidate.pool === handle);
  return {
    title: pool?.name ? `${handle} ${shorten(pool.name, longestName)}` : handle,
    cells: pool ? [pool.state, "", "", "", poolNumbers(pool)] : [],
    children: state.processes
      .filter((process) => process.pool === handle)
      .map((process) => processNode(state, owners, process)),
  };
}

function poolNumbers(pool: PoolInfo): string {
  const failed = pool.failed > 0 ? `, ${pool.failed} failed` : "";
  return `${pool.busy} of ${pool.processes} busy, ${pool.queued} queued, ${pool.done} done${failed}`;
}

/**
 * Processes below a child of the server that the server did not start itself. A process whose parent has ended stands
 * directly below the child.
 */
function descendants(rows: readonly Descendant[]): Node[] {
  const known = new Set(rows.map((row) => row.pid));
  const node = (row: Descendant): Node => ({
    title: `${row.pid} ${shorten(row.command, longestName)}`,
    cells: ["", "", `${row.cpuPercent.toFixed(0)} %`, formatBytes(row.memoryBytes), ""],
    children: rows.filter((other) => other.parentPid === row.pid).map(node),
  });
  return rows.filter((row) => !known.has(row.parentPid)).map(node);
}

function flatten(node: Node, lead: string, below: string): string[][] {
  const rows = [[`${lead}${node.title}`, ...node.cells]];
  node.children.forEach((child, i) => {
    const last = i === node.children.length - 1;
    rows.push(...flatten(child, `${below}${last ? "└─ " : "├─ "}`, `${below}${last ? "   " : "│  "}`));
  });
  return rows;
}
