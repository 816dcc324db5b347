/**
 * A server's stand-in for the guardian's tests: starts one child of each kind, tells all pids as "KIND PID" lines, and
 * waits to be killed.
 */
import { createSpawner } from "../../../server/os/spawner.js";
import { fixture } from "../../fixture.js";

const spawner = createSpawner({
  instanceId: process.argv[2]!,
  runtimes: { fixture: { command: process.execPath, args: [fixture("host.mjs")] } },
  onHostConnection: () => {},
});

const quiet = { failed: (error: Error) => console.error(error.message), exited: () => {} };
const events = (kind: string) => ({
  ...quiet,
  spawned: (pid: number) => console.log(`${kind} ${pid}`),
  output: (_: string, data: Uint8Array) => void process.stdout.write(data),
});

spawner.startCommand({ command: fixture("family.sh"), args: ["stubborn"] }, events("family"));
spawner.startCommand({ command: "sh", args: ["-c", "trap '' TERM HUP INT; while :; do :; done"] }, events("busy"));
spawner.startHost({ runtime: "fixture" }, events("host"));
const brief = spawner.startCommand(
  { command: "true", args: [] },
  { ...events("brief"), exited: () => console.log(`ended ${brief.pid}`) },
);
// Holds the event loop open.
setInterval(() => {}, 1000);
