import assert from "node:assert/strict";
import { test } from "node:test";
import { openSession } from "../../../extension/connection/open-session.js";
import { plainSpeaker } from "../../../extension/connection/plain-speaker.js";
import { WindowServer } from "../../../extension/connection/window-server.js";
import { EntryLog } from "../../../extension/queue/entry-log.js";
import { QueueLink, type QueueState } from "../../../extension/queue/queue-link.js";
import { QueueUser } from "../../cli/queue/queue-server.js";
import { waitFor } from "../../deadline.js";

/** As the extension opens it, but that no server is started. */
function linkTo(user: QueueUser, socket: string, faults: unknown[]): QueueLink {
  const onFault = (fault: unknown) => void faults.push(fault);
  return new QueueLink({
    open: (path) =>
      new WindowServer({
        path,
        connect: () => openSession({ path, clientInfo: { name: "an editor", version: "1" }, speak: plainSpeaker }),
        launch: () => Promise.reject(new Error("this test starts its servers itself")),
        refusal: () => null,
        onAttachFailed: onFault,
        onFault,
      }),
    defaultSocket: user.address(socket).slice("unix:".length),
    onFault,
    lookMs: 50,
    restMs: 10,
  });
}

function statesOf({ state }: QueueLink): string[] {
  return state.kind === "known" ? state.queue.entries.map(({ entry, state: of }) => `${entry} ${of}`) : [state.kind];
}

test("the queue is followed: what the command line adds, and a server that ends and comes back", async (t) => {
  const user = new QueueUser(t);
  const faults: unknown[] = [];
  const link = linkTo(user, "p", faults);
  const following = link.follow();
  t.after(() => following.dispose());
  assert.deepEqual(statesOf(link), ["none"]);
  const server = await user.serve();
  await waitFor(() => link.state.kind === "known", { what: "the queue" });
  const script = 'echo "hello from $0"; while :; do sleep 0.1; done';
  await user.polyproc("add", "--", "sh", "-c", script, "one");
  await user.polyproc("add", "--", "true");
  await waitFor(() => statesOf(link).join() === "1 running,2 queued", { what: "both entries" });
  await link.use((rpc) => rpc.request("batch/pause", { entries: [1, 2] }));
  await waitFor(() => statesOf(link).join() === "1 paused,2 held", { what: "both to be paused" });
  await link.use((rpc) => rpc.request("batch/resume", { entries: [1] }));
  await waitFor(() => statesOf(link).join() === "1 running,2 held", { what: "one to go on" });

  const log = new EntryLog(1, link);
  await waitFor(
    async () => {
      await log.read();
      return log.text === "hello from one\n";
    },
    { what: "its output" },
  );
  assert.equal(log.ended, false);

  server.process.kill("SIGKILL");
  await waitFor(() => link.state.kind === "none", { what: "the server to be missed" });
  await user.serve();
  await waitFor(() => statesOf(link).join() === "1 lost,2 held", { what: "the queue of the next server" });
  const late = new EntryLog(1, link);
  await late.read();
  assert.match(late.text, /^hello from one\n\n\[it does not run\]\n$/);
  following.dispose();
  assert.deepEqual(faults, []);
});

test("a server that does not host the queue sends the editor to the one that does", async (t) => {
  const user = new QueueUser(t);
  const faults: unknown[] = [];
  await user.serve("host");
  await user.serve("other");
  const link = linkTo(user, "other", faults);
  const seen: QueueState["kind"][] = [];
  link.onDidChange(() => seen.push(link.state.kind));
  const following = link.follow();
  t.after(() => following.dispose());
  await waitFor(() => link.state.kind === "known", { what: "the queue" });
  assert.deepEqual(seen, ["known"]);
  // Also without a follower.
  following.dispose();
  const { entry } = await link.use((rpc) => rpc.request("batch/add", { command: ["true"], cwd: user.folder, env: {} }));
  assert.equal(entry.entry, 1);
  assert.deepEqual(faults, []);
});

test("without a server and without a way to start one, an action says why", async (t) => {
  const link = linkTo(new QueueUser(t), "p", []);
  await assert.rejects(
    link.use((rpc) => rpc.request("batch/list", {})),
    /starts its servers itself/,
  );
});
