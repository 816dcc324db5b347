import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { HostsLink } from "../../../extension/hosts/hosts-link.js";
import { hostsRows } from "../../../extension/hosts/hosts-rows.js";
import { waitFor, within } from "../../deadline.js";
import { begins, logged, setClusterStage } from "../../faults/cluster/cluster-stage.js";
import { needs } from "../../tools/needs.js";

test(
  "the hosts are followed: what they run, a host that drains, and one that has gone",
  needs("redis-server"),
  async (t) => {
    const { stage, address, log, gate } = await setClusterStage(t, ["alpha", "beta"], { lease: 4 });
    let cluster = "";
    let rpc: typeof stage.watcher.connection | null = null;
    const link = new HostsLink({ cluster: () => cluster, attach: () => Promise.resolve(rpc), lookMs: 50 });
    const rows = () =>
      link.state.kind !== "known"
        ? link.state.kind
        : hostsRows(link.state.list.hosts)
            .map(({ label, context, children }) => `${label} ${context}: ${children.map((row) => row.label).join()}`)
            .join("; ");
    let changes = 0;
    link.onDidChange(() => changes++);
    const following = link.follow();
    t.after(() => following.dispose());
    cluster = "redis://127.0.0.1:1";
    await waitFor(() => changes > 1, { what: "two looks" });
    assert.equal(rows(), "none");
    rpc = stage.watcher.connection;
    await waitFor(() => link.state.kind === "failed" && /does not answer/.test(link.state.message), {
      what: "a cluster that does not answer",
    });
    cluster = address;
    await waitFor(() => rows() === "alpha host ready: ; beta host ready: ", { what: "both hosts" });

    const pool = new stage.mp.Pool({ cluster: address, name: "thumbnails" });
    const results = pool.map(
      logged,
      Array.from({ length: 4 }, (_, n) => ({ n, log, until: gate })),
      { chunkSize: 1 },
    );
    await waitFor(() => begins(log).length === 4, { what: "tasks on both hosts" });
    await waitFor(() => rows() === "alpha host ready: thumbnails; beta host ready: thumbnails", {
      what: "what they run",
    });
    await rpc.request("cluster/drain", { cluster, host: "alpha" });
    await waitFor(() => rows() === "alpha host draining: thumbnails; beta host ready: thumbnails", {
      what: "a host that drains",
    });
    writeFileSync(gate, "");
    assert.equal((await within(results, "the map")).length, 4);
    await waitFor(() => rows().startsWith("beta host ready"), { what: "the end of the host" });
    await pool.terminate();
    following.dispose();
    const before = changes;
    link.look();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(changes, before);
  },
);
