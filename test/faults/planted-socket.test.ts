import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, lchownSync, mkdirSync, readdirSync, renameSync, symlinkSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { connect } from "polyproc";
import { pythonEnvironment } from "../bindings/python/run-python.js";
import { openPlainSession, openWindow } from "../extension/connection/window.js";
import { compiled } from "../fixture.js";
import { spawnServer } from "../server/server-process.js";
import { temporaryFolder } from "../temporary-folder.js";
import { startProgram } from "./script.js";
import { needs } from "../tools/needs.js";

const stranger = 54321;

/** A file of another user in place of a server's socket, and the error for it. */
interface Plant {
  title: string;
  plant(path: string): void;
  says: RegExp;
  /** The folder is as it should be, so that only root could plant this: a server looks at the folder only. */
  inFolder?: true;
}

const plants: Plant[] = [
  {
    title: "a folder of another user",
    plant: (path) => chownSync(dirname(path), stranger, stranger),
    says: /belongs to another user \(uid 54321/,
  },
  {
    title: "a socket of another user",
    plant: (path) => lchownSync(path, stranger, stranger),
    says: /the socket .* belongs to another user \(uid 54321/,
    inFolder: true,
  },
  {
    title: "a folder in which others may write",
    plant: (path) => chmodSync(dirname(path), 0o770),
    says: /can write to .* \(mode 770\)/,
  },
  {
    title: "a symbolic link in place of the folder",
    plant: (path) => {
      renameSync(dirname(path), `${dirname(path)}-real`);
      symlinkSync(`${dirname(path)}-real`, dirname(path));
    },
    says: /is a symbolic link/,
  },
  {
    title: "a symbolic link in place of the socket",
    plant: (path) => {
      renameSync(path, `${path}-real`);
      symlinkSync(`${path}-real`, path);
    },
    says: /is a symbolic link/,
    inFolder: true,
  },
];

const isRoot = process.getuid?.() === 0;

/** A socket on which a program listens. No part of Polyproc may connect to it. */
async function planted(t: TestContext, { plant }: Plant): Promise<string> {
  const path = join(temporaryFolder(t), "polyproc", "s");
  mkdirSync(dirname(path), { mode: 0o700 });
  let visitors = 0;
  const server = createServer((socket) => {
    visitors++;
    socket.destroy();
  });
  await new Promise<void>((listening) => server.listen(path, listening));
  plant(path);
  t.after(() => {
    server.close();
    assert.equal(visitors, 0, "a program connected");
  });
  return path;
}

for (const each of plants) {
  const skip = isRoot ? false : "only root can give files to another user";

  test(
    `the bindings, the command line and the extension refuse to connect to ${each.title}, with the reason`,
    { skip },
    async (t) => {
      const path = await planted(t, each);
      await assert.rejects(connect(`unix:${path}`), { codeName: "Unauthorized", message: each.says });
      await assert.rejects(openPlainSession(path), { codeName: "Unauthorized", message: each.says });
      const before = readdirSync(dirname(path));
      await assert.rejects(openWindow(t, path).server.ensure(), { message: each.says });
      for (const args of [["ps"], ["serve", "--detach", "--listen", `unix:${path}`]]) {
        const cli = startProgram(t, args.join(" "), [process.execPath, compiled("cli/main"), ...args], {
          POLYPROC_ADDRESS: `unix:${path}`,
        });
        assert.notEqual(await cli.exited(), 0);
        assert.match(cli.stderr(), each.says);
      }
      assert.deepEqual(readdirSync(dirname(path)), before);
      if (needs("python3").skip !== false) return;
      const { stderr } = spawnSync(
        "python3",
        ["-c", "import polyproc, sys; polyproc.connect(sys.argv[1])", `unix:${path}`],
        { env: { ...process.env, ...pythonEnvironment }, encoding: "utf8" },
      );
      assert.match(stderr, /^PermissionError: /m);
      assert.match(stderr, each.says);
    },
  );

  if (each.inFolder) continue;
  test(`a server does not bind at ${each.title}`, { skip }, async (t) => {
    const path = await planted(t, each);
    const server = spawnServer(t, ["--listen", `unix:${path}`]);
    assert.equal(await server.exited(), 2);
    assert.match(server.stderr(), each.says);
  });
}
