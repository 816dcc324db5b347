import assert from "node:assert/strict";
import { test } from "node:test";
import { Leases } from "../../../server/cluster/leases.js";

test("work ends a quarter of the lease before the lease does, unless it is renewed", () => {
  const leases = new Leases(8000);
  const lapsed: string[] = [];
  for (const id of ["a", "b", "c"]) leases.begin(id, 1000, () => lapsed.push(id));
  leases.check(6999);
  assert.deepEqual(lapsed, []);
  leases.renewed("b", 4000);
  leases.end("c");
  leases.check(7000);
  assert.deepEqual(lapsed, ["a"]);
  // A late answer to an earlier renewal does not shorten the lease.
  leases.renewed("b", 2000);
  leases.check(9999);
  assert.deepEqual(lapsed, ["a"]);
  leases.check(10_000);
  leases.check(20_000);
  assert.deepEqual(lapsed, ["a", "b"]);
});
