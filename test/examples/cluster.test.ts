import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../fixture.js";
import { needs } from "../tools/needs.js";
import { printed, runExample } from "./run-example.js";

// Mocha reads its configuration with it.
const { loadAll } = createRequire(createRequire(import.meta.url).resolve("mocha/package.json"))("js-yaml") as {
  loadAll: (text: string) => unknown[];
};

function example(name: string): string {
  return readFileSync(join(root, "examples", "cluster", name), "utf8");
}

test(
  "the example of a cluster runs a job on two hosts, and shows what each has done",
  needs("redis-server"),
  async () => {
    const lines = await printed(runExample("cluster/main", ["30"]));
    assert.match(lines[0]!, /^the hosts alpha and beta take work from redis:\/\/127\.0\.0\.1:\d+$/);
    const [, alpha, beta] = /^alpha (\d+) {3}beta (\d+)$/.exec(lines.at(-2)!)!;
    assert.equal(Number(alpha) + Number(beta), 30);
    assert.equal(lines.at(-1), "49098 primes below 600000");
  },
);

test("Ctrl-C ends the example's job, its agents and its Redis", needs("redis-server"), async () => {
  const { status, stdout, stderr } = await runExample("cluster/main", ["1000000"], { interruptAfter: /take work/ });
  assert.equal(stderr, "");
  assert.equal(status, 130);
  assert.match(stdout, /^interrupted: the cluster ends$/m);
});

test("the files for containers name commands and options that exist", () => {
  const [compose] = loadAll(example("compose.yaml")) as [{ services: Record<string, { command: string[] }> }];
  const [deployment, scaler] = loadAll(example("kubernetes.yaml")) as [
    { kind: string; spec: { template: { spec: { containers: { command: string[] }[] } } } },
    { kind: string; spec: { scaleTargetRef: { kind: string; name: string } } },
  ];
  assert.equal(deployment.kind, "Deployment");
  assert.equal(scaler.kind, "HorizontalPodAutoscaler");
  const service = /^ExecStart=(.*)$/m.exec(example("polyproc-agent.service"))![1]!;
  const usage = readFileSync(join(root, "server", "agent-arguments.ts"), "utf8");
  for (const command of [
    compose.services["agent"]!.command,
    deployment.spec.template.spec.containers[0]!.command,
    service.split(" "),
  ]) {
    assert.ok(command.includes("agent"));
    for (const option of command.filter((word) => word.startsWith("--")))
      assert.ok(usage.includes(`${option} `), option);
  }
});
