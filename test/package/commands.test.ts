import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { waitFor, within } from "../deadline.js";
import { root } from "../fixture.js";
import { temporaryFolder } from "../temporary-folder.js";
import { packed, run } from "./packed.js";

/** The commands of docs/cli.md that are printed without their output, without comments. */
const commands = [
  ...readFileSync(join(root, "docs/cli.md"), "utf8").matchAll(/^```sh\n((?:(?!```).*\n)*)```\n(?!\n```text)/gm),
].flatMap(([, block]) =>
  block!
    .split("\n")
    .map((line) => line.replace(/\s+# .*$/, ""))
    .filter(Boolean),
);

/** The commands of another page's first such block after a text. */
const commandsOf = (page: string, after: string) => {
  const text = readFileSync(join(root, page), "utf8");
  const [, block] = /```sh\n([^]*?)```/.exec(text.slice(text.indexOf(after)))!;
  return block!
    .split("\n")
    .map((line) => line.replace(/\s+# .*$/, ""))
    .filter(Boolean);
};

const printed = (start: string) => {
  const found = commands.find((command) => command.startsWith(start));
  assert.ok(found, `docs/cli.md prints no command that begins with ${start}`);
  seen.add(found);
  return found;
};
const seen = new Set<string>();

const programs: Record<string, string> = {
  // `mogrify -path small … FILE` writes small/FILE.
  mogrify: 'for last; do :; done; mkdir -p "$2"; cp "$last" "$2/$(basename "$last")"',
  make: 'echo "make $*"',
  curl: 'echo "curl $*"',
  jq: "cat",
  optipng: 'for last; do :; done; touch "$last.done"',
  rsync: "true",
};

describe("the commands of docs/cli.md, README and docs/queue.md, as printed, with the packed package", () => {
  const folder = temporaryFolder({ after });
  const project = join(folder, "project");
  const bin = join(folder, "bin");
  const env: NodeJS.ProcessEnv = {
    PATH: `${bin}:${join(project, "node_modules", ".bin")}:${process.env["PATH"]}`,
    HOME: folder,
    TMPDIR: folder,
    XDG_RUNTIME_DIR: folder,
  };
  /** Runs a command line to its end. Fails unless its status is 0. */
  const typed = (command: string) => run("sh", ["-c", command], { cwd: project, env });
  const file = (name: string) => readFileSync(join(project, name), "utf8");

  before(async () => {
    const { path } = await packed(folder);
    for (const name of [bin, project, join(project, "photos"), join(folder, "me")]) mkdirSync(name, { mode: 0o700 });
    writeFileSync(join(project, "package.json"), JSON.stringify({ private: true, type: "module" }));
    await run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", path], { cwd: project });
    for (const [name, script] of Object.entries(programs)) writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
    for (const name of readdirSync(bin)) chmodSync(join(bin, name), 0o755);
    for (const name of ["one", "two"]) writeFileSync(join(project, "photos", `${name}.png`), name);
    writeFileSync(join(project, "files.txt"), "files.txt\npackage.json\n");
    writeFileSync(join(project, "old.log"), "old");
    writeFileSync(join(project, "hash.js"), "export const digest = (file) => file.length;\n");
    mkdirSync(join(project, "src", "icons"), { recursive: true });
    writeFileSync(join(project, "src", "icons", "a.png"), "a");
    for (const name of ["deploy.sh", "backup.sh", "publish.sh"])
      writeFileSync(join(project, name), `#!/bin/sh\necho ${name}\n`, { mode: 0o755 });
    writeFileSync(join(folder, ".polyproc-token"), "t".repeat(40), { mode: 0o600 });
  });

  /** A command line that runs until it is told to end. */
  async function serving(command: string, told: RegExp, input = "") {
    const child = spawn("sh", ["-c", `exec ${command}`], { cwd: project, env });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => (text += String(data)));
    child.stdin.write(input);
    await waitFor(() => told.test(text), { what: `${command}: ${text}` });
    child.kill("SIGTERM");
    await within(once(child, "close"), `the end of ${command}`);
  }

  it("serve", async () => {
    await serving("polyproc serve", /^export POLYPROC_ADDRESS=unix:/m);
    await serving(
      printed("polyproc serve --listen").replace("/tmp/me", join(folder, "me")).replace(":7070", ":0"),
      /listening on tcp:127\.0\.0\.1:/,
    );
    const hello = '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}';
    await serving(printed("polyproc serve --stdio"), /"session"/, `Content-Length: ${hello.length}\r\n\r\n${hello}`);
    await typed(printed("polyproc serve --detach"));
  });

  it("map", async () => {
    await typed(printed("polyproc map --glob"));
    assert.deepEqual(readdirSync(join(project, "small")), ["one.png", "two.png"]);
    await typed(printed("find "));
    assert.ok(existsSync(join(project, "old.log.gz")));
    await typed(printed("polyproc map --module"));
    assert.deepEqual(file("hashes.txt").split("\n").sort(), ["", "12", "9"]);
  });

  it("run, runs and attach", async () => {
    assert.equal((await typed(printed("polyproc run "))).stdout, "make -j8\n");
    const { stdout } = await typed(printed("polyproc map --detach"));
    const [handle] = /run:\S+/.exec(stdout) ?? [];
    assert.ok(handle, stdout);
    assert.match((await typed(printed("polyproc runs"))).stdout, /nightly/);
    await typed(printed("polyproc attach"));
    await typed(printed("polyproc kill run:").replace(/run:\S+/, handle));
    await typed(printed("polyproc runs --forget"));
    assert.doesNotMatch((await typed("polyproc runs")).stdout, /nightly/);
  });

  it("ps, top and kill", async () => {
    const ended = (args: string[]) => once(spawn("polyproc", args, { cwd: project, env, stdio: "ignore" }), "close");
    const sleeping = ["4711", "nightly"].map((name) => ended(["run", "--name", name, "--", "sleep", "600"]));
    const bothRun = (text: string) => /\b4711\b/.test(text) && /\bnightly\b/.test(text);
    await waitFor(async () => bothRun((await typed("polyproc ps")).stdout));
    assert.match((await typed(printed("polyproc ps --tree"))).stdout, /nightly/);
    assert.match((await typed(printed("polyproc ps --json"))).stdout, /"nightly"/);
    assert.match((await typed(printed("polyproc top"))).stdout, /nightly/);
    // The first is called by its pid in the document, and here by its name, which looks like one.
    const { processes } = JSON.parse((await typed("polyproc ps --json")).stdout) as {
      processes: { pid: number; name: string }[];
    };
    await typed(
      printed("polyproc kill 4711").replace("4711", String(processes.find(({ name }) => name === "4711")!.pid)),
    );
    await typed(printed("polyproc kill nightly"));
    await within(Promise.all(sleeping), "the ends");
    const map = ended(["map", "-q", "600", "--", "sleep"]);
    let pool: string | undefined;
    await waitFor(async () => {
      pool = /"pool:[^"]+"/.exec((await typed("polyproc ps --json")).stdout)?.[0].slice(1, -1);
      return pool !== undefined;
    });
    await typed(printed("polyproc kill pool:").replace(/pool:\S+/, pool!));
    await within(map, "the end of the map");
  });

  it("stack", async () => {
    const wait = "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)";
    writeFileSync(join(project, "spin.js"), `export function spin() {\n  for (;;) ${wait};\n}\n`);
    const { stdout } = await typed("polyproc map --detach --module ./spin.js --export spin 1");
    const handle = /run:\S+/.exec(stdout)?.[0];
    assert.ok(handle, stdout);
    // The function is there some time after the start of its worker.
    const shown = (command: string) =>
      waitFor(async () => /spin \(.*spin\.js:2:\d+\)/.test((await typed(command)).stdout), { what: command });
    await shown(printed("polyproc stack run:").replace(/run:\S+/, `${handle}/0`));
    await shown("polyproc stack");
    assert.ok(printed("polyproc stack"));
    const { processes } = JSON.parse((await typed("polyproc ps --json")).stdout) as {
      processes: { pid: number; task: unknown }[];
    };
    const { pid } = processes.find(({ task }) => task !== null)!;
    await shown(printed("polyproc stack 4711").replace("4711", String(pid)));
    await typed(`polyproc kill ${handle} --grace 0`);
  });

  it("lock and sem", async () => {
    assert.equal((await typed(printed("polyproc lock deploy"))).stdout, "deploy.sh\n");
    assert.equal((await typed(printed("polyproc lock backup"))).stdout, "backup.sh\n");
    assert.match((await typed(printed("polyproc sem"))).stdout, /^curl -O https:/);
  });

  it("completion", async () => {
    const bash = printed('eval "$(polyproc completion bash)"');
    await typed(`command -v bash > /dev/null || exit 0; exec bash -c '${bash}'`);
    const zsh = printed('eval "$(polyproc completion zsh)"');
    assert.match((await typed(zsh.replace(/^eval "\$\((.*)\)"$/, "$1"))).stdout, /polyproc/);
    mkdirSync(join(folder, ".config", "fish", "completions"), { recursive: true });
    await typed(printed("polyproc completion fish"));
    assert.match(readFileSync(join(folder, ".config/fish/completions/polyproc.fish"), "utf8"), /polyproc/);
  });

  it("mcp, which says what it needs: the package does not bring it", async () => {
    const { stdout } = await typed(`${printed("polyproc mcp")} 2>&1; test $? = 69`);
    assert.match(stdout, /npm install @modelcontextprotocol\/sdk/);
  });

  it("cache", async () => {
    assert.match((await typed(printed("polyproc cache status"))).stdout, /\b0 /);
    await typed(printed("polyproc cache clear"));
  });

  it("stop", async () => {
    assert.match((await typed(printed("polyproc stop --when-alone"))).stdout, /once no client has been connected/);
    assert.match((await typed("polyproc stop")).stdout, /has ended\n$/);
  });

  it("README's, too", async () => {
    const lines = commandsOf("README.md", "**The shell.**");
    assert.equal(lines.length, 3);
    const outputs: string[] = [];
    for (const line of lines) outputs.push((await typed(line)).stdout);
    assert.ok(existsSync(join(project, "src", "icons", "a.png.done")));
    assert.equal(outputs[2], "deploy.sh\n");
    await typed("polyproc stop");
  });

  it("and the queue's", async () => {
    const lines = commandsOf("docs/queue.md", "# ");
    assert.equal(lines.length, 5);
    const outputs: string[] = [];
    for (const line of lines) outputs.push((await typed(line)).stdout);
    assert.equal(outputs[0], "1\n");
    assert.match(outputs[3]!, /\bmake -j8\b[^]*\bbackup\b/);
    assert.equal(outputs[4], "make -j8\n");
    await typed("polyproc wait 2");
    assert.match((await typed("polyproc log 2")).stdout, /publish\.sh/);
    await typed("polyproc stop");
  });

  it("are all in this test", () => {
    for (const whole of ["polyproc serve", "polyproc stop"]) seen.add(whole);
    assert.deepEqual(
      commands.filter((command) => !seen.has(command)),
      [],
    );
  });
});
