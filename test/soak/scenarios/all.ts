import { manager, pipe, tree } from "./children.js";
import { lock, semaphore } from "./exclusion.js";
import { barrier, condition, event } from "./meetings.js";
import { guarded, imap, nested, pool } from "./pools.js";
import { queue } from "./queues.js";
import type { Scenario } from "./scenario.js";

export const scenarios: readonly Scenario[] = [
  lock,
  semaphore,
  queue,
  barrier,
  condition,
  event,
  pool,
  guarded,
  imap,
  nested,
  pipe,
  tree,
  manager,
];
