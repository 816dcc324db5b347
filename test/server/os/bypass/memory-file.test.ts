import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, fstatSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { test } from "node:test";
import { openMemoryFile } from "../../../../server/os/bypass/memory-file.js";
import { compiled } from "../../../fixture.js";
import { temporaryFolder } from "../../../temporary-folder.js";
import { mayMount } from "./may-mount.js";

const onLinux = { skip: process.platform === "linux" ? false : "there are no such paths" };

for (const bytes of [1, 4096, 70_000, 3 * 1024 * 1024 + 17])
  test(`memory of ${bytes} bytes has no name, and every page of it exists`, onLinux, async () => {
    const file = openMemoryFile(bytes)!;
    assert.equal(await file.fill(Buffer.from("x")), true);
    const fd = openSync(file.path, "r");
    const { dev, ino, nlink, size, blocks, mode } = fstatSync(fd);
    assert.deepEqual([`${dev}:${ino}`, nlink, size, mode & 0o777], [file.inode, 0, bytes, 0o600]);
    assert.ok(blocks * 512 >= bytes, "a store into it needs no new page");
    const content = Buffer.alloc(bytes, 1);
    assert.equal(readSync(fd, content, 0, bytes, 0), bytes);
    assert.equal(content.compare(Buffer.concat([Buffer.from("x"), Buffer.alloc(bytes - 1)])), 0);
    file.close();
    assert.throws(() => statSync(file.path), { code: "ENOENT" });
    assert.equal(readSync(fd, content, 0, 1, 0), 1, "who has opened it keeps it");
    closeSync(fd);
  });

test(
  "memory that is closed while it is being filled is not filled, and no other file is written",
  onLinux,
  async () => {
    const file = openMemoryFile(8 * 1024 * 1024)!;
    const filled = file.fill(new Uint8Array());
    file.close();
    file.close();
    assert.equal(await filled, false);
    assert.throws(() => statSync(file.path), { code: "ENOENT" });
  },
);

test("without a folder that has room there is no memory", onLinux, (t) => {
  assert.equal(openMemoryFile(100, { folders: ["/nowhere", "/proc"] }), null);
  assert.equal(openMemoryFile(Number.MAX_SAFE_INTEGER), null);
  const file = openMemoryFile(100, { folders: ["/nowhere", temporaryFolder(t)] });
  assert.equal(file?.bytes, 100);
  file?.close();
});

test(
  "with /dev/shm full, memory is in the temporary folder, and none of it is left",
  { skip: mayMount ? false : "this user may not mount a tmpfs" },
  () => {
    const script = 'mount -t tmpfs -o size=1m none /dev/shm && head -c 1000000 /dev/zero > /dev/shm/other && exec "$@"';
    const out = execFileSync(
      "unshare",
      ["-m", "sh", "-c", script, "sh", process.execPath, compiled("test/server/os/bypass/fixtures/fills-memory")],
      { encoding: "utf8" },
    );
    assert.deepEqual(JSON.parse(out), { filled: [true, true], inMemory: [true, false], names: ["other"] });
    assert.ok(!readdirSync("/dev/shm").some((name) => name.startsWith("polyproc")));
  },
);
