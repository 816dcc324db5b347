import assert from "node:assert/strict";
import { test } from "node:test";
import { isToolFile } from "../../sources/tool-files.js";

test("files of tests and of tools' configuration", () => {
  const files = [
    "src/words.test.ts",
    "tests/helpers/make.js",
    "packages/a/__mocks__/fs.js",
    "vite.config.ts",
    "python/test_words.py",
    "python/words_test.py",
    "conftest.py",
    "src/Button.stories.tsx",
  ];
  assert.deepEqual(
    files.filter((file) => !isToolFile(file)),
    [],
  );
});

test("other files, whatever words are in their names", () => {
  const files = ["src/words.ts", "src/latest.js", "src/testing.py", "contest.py", "src/config.ts", "lib/test.js"];
  assert.deepEqual(files.filter(isToolFile), []);
});
