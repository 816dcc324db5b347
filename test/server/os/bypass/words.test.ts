import assert from "node:assert/strict";
import { closeSync, fstatSync, ftruncateSync, openSync, truncateSync } from "node:fs";
import { suite, test } from "node:test";
import { hasNative } from "../../../../native/load.js";
import { pageBytes } from "../../../../protocol/lock-words.js";
import { openWords } from "../../../../server/os/bypass/words.js";

suite("the page of words", { skip: !hasNative() && "needs the native code: npm run native" }, () => {
  test("is shared with a process that opens its path, which cannot cut it", () => {
    const page = openWords()!;
    try {
      const fd = openSync(page.path, "r+");
      try {
        const { dev, ino, size } = fstatSync(fd, { bigint: true });
        assert.deepEqual([`${dev}:${ino}`, Number(size)], [page.inode, pageBytes]);
        for (const bytes of [0, 4096, pageBytes - 1, pageBytes + 1]) {
          assert.throws(() => ftruncateSync(fd, bytes), { code: "EPERM" });
          assert.throws(() => truncateSync(page.path, bytes), { code: "EPERM" });
        }
        assert.throws(() => closeSync(openSync(page.path, "w")), { code: "EPERM" });
      } finally {
        closeSync(fd);
      }
      page.words[page.words.length - 1] = 7;
      assert.equal(page.words.at(-1), 7);
    } finally {
      page.close();
    }
  });
});
