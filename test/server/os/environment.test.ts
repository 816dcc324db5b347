import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { pathToFileURL } from "node:url";
import { test } from "node:test";
import { baseEnvironment, childEnvironment } from "../../../server/os/environment.js";
import { compiled } from "../../fixture.js";

test("ELECTRON_RUN_AS_NODE is not passed on to children", (t) => {
  process.env["ELECTRON_RUN_AS_NODE"] = "1";
  t.after(() => delete process.env["ELECTRON_RUN_AS_NODE"]);
  const base = baseEnvironment("instance", { POLYPROC_ADDRESS: "unix:/s" });
  assert.equal(base["ELECTRON_RUN_AS_NODE"], undefined);
  assert.equal(base["POLYPROC_ADDRESS"], "unix:/s");
  assert.equal(childEnvironment(base, "1", { ELECTRON_RUN_AS_NODE: "1" })["ELECTRON_RUN_AS_NODE"], "1");
});

test("under Electron, Node's worker hosts get ELECTRON_RUN_AS_NODE; other runtimes do not", () => {
  const script = `
    if (process.argv[1] === "electron")
      Object.defineProperty(process, "versions", { value: { ...process.versions, electron: "30.0.0" } });
    const { runtimeCommands } = await import(${JSON.stringify(pathToFileURL(compiled("server/runtimes")).href)});
    const { node, perl } = runtimeCommands({}, { perl: ["perl", "host.pl"] });
    console.log(JSON.stringify([node.env, perl.env ?? null]));`;
  const envs = (platform: string) =>
    JSON.parse(
      execFileSync(process.execPath, ["--input-type=module", "-e", script, platform], { encoding: "utf8" }),
    ) as unknown;
  assert.deepEqual(envs("electron"), [{ ELECTRON_RUN_AS_NODE: "1" }, null]);
  assert.deepEqual(envs("node"), [{}, null]);
});
