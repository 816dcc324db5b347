import type { BatchEntryInfo } from "../batch.js";
import type { Examples } from "./example.js";

const running: BatchEntryInfo = {
  entry: 12,
  name: "nightly",
  group: "disk",
  state: "running",
  command: ["rsync", "-a", "/home/ada/", "/backup/"],
  cwd: "/home/ada",
  priority: 0,
  after: [11],
  notBefore: null,
  hook: 'notify-send "$POLYPROC_QUEUE_STATE"',
  pid: 4242,
  attempt: 1,
  exitCode: null,
  reason: null,
  addedAt: 1767225600000,
  startedAt: 1767225601000,
  endedAt: null,
};
const queued: BatchEntryInfo = { ...running, state: "queued", pid: null, attempt: 0, startedAt: null };
const disk = { group: "disk", slots: 2, paused: false, hook: null };

export const batchExamples: Examples = {
  "batch/add": {
    params: {
      command: ["rsync", "-a", "/home/ada/", "/backup/"],
      cwd: "/home/ada",
      env: { PATH: "/usr/bin:/bin" },
      umask: 18,
      nice: 10,
      name: "nightly",
      group: "disk",
      priority: 0,
      after: [11],
      notBefore: null,
      hook: 'notify-send "$POLYPROC_QUEUE_STATE"',
      held: false,
    },
    result: { entry: queued },
  },
  "batch/list": {
    params: { since: "1f.41", timeoutMs: 10000 },
    result: {
      revision: "1f.42",
      entries: [running],
      groups: [disk],
      folder: "/home/ada/.local/state/polyproc/queue",
      notices: ["entry 7 was damaged, and is kept as /home/ada/.local/state/polyproc/queue/entries/7.json.damaged"],
    },
  },
  "batch/pause": { params: { entries: [12] }, result: null },
  "batch/resume": { params: { group: "disk" }, result: null },
  "batch/restart": { params: { entries: [12, 14] }, result: null },
  "batch/edit": {
    params: { entry: 12, command: ["rsync", "-a", "/home/ada/", "/mnt/"], cwd: "/home/ada", priority: 5 },
    result: { entry: { ...queued, command: ["rsync", "-a", "/home/ada/", "/mnt/"], priority: 5 } },
  },
  "batch/remove": { params: { entries: [12] }, result: null },
  "batch/log": {
    params: { entry: 12, from: 0, maxBytes: 262144, timeoutMs: 10000 },
    result: { data: { $bytes: "c2VudCAxMiBieXRlcwo=" }, from: 0, next: 14, ended: true },
  },
  "batch/setGroup": { params: { group: "disk", slots: 2, hook: null }, result: { group: disk } },
  "batch/removeGroup": { params: { group: "disk" }, result: null },
};
