import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { noServer, run } from "../cli/polyproc.js";
import { temporaryFolder } from "../temporary-folder.js";

interface Report {
  title: string;
  /** The report. */
  url: string;
  args: string[];
  input?: string;
  stdout?: string;
  stderr?: RegExp;
  status: number;
}

const xs = "x".repeat(70_000);

/** What users of `xargs`, `parallel` and shell loops reported or ask about. */
const reports: Report[] = [
  {
    title: "long lines of commands that run at the same time are not mixed",
    url: "https://github.com/pelias/placeholder/issues/142",
    args: ["map", "-q", "-k", "-j4", "--", "sh", "-c", `printf '%s' "$1"; sleep 0.05; echo ${xs}`, "sh"],
    input: "1\n2\n3\n4\n",
    stdout: ["1", "2", "3", "4"].map((item) => `${item}${xs}\n`).join(""),
    status: 0,
  },
  {
    title: "a command that fails counts, whichever ends first",
    url: "https://github.com/freebsd/freebsd-src/pull/618",
    args: ["map", "-q", "-j2", "--", "test", "-d", ":::", "/", "/missing"],
    stderr: /\/missing: exit code 1/,
    status: 1,
  },
  {
    title: "a command that reads standard input does not eat the items",
    url: "https://www.vidarholen.net/contents/blog/?p=632",
    args: ["map", "-q", "-k", "--", "sh", "-c", 'echo "$1"; cat', "sh"],
    input: "1\n2\n3\n",
    stdout: "1\n2\n3\n",
    status: 0,
  },
  {
    title: "quotes, blanks, backslashes and newlines of an item are its own",
    url: "https://www.gnu.org/software/findutils/manual/html_node/find_html/Unsafe-File-Name-Handling.html",
    args: ["map", "-q", "-k", "-0", "--", "printf", "<%s>"],
    input: "it's\0a  b\0\\\0new\nline\0$(id)\0*\0-n",
    stdout: "<it's><a  b><\\><new\nline><$(id)><*><-n>",
    status: 0,
  },
  {
    title: "a command that a signal has killed fails its item",
    url: "https://github.com/mmstick/parallel/issues/45",
    args: ["map", "-q", "--", "sh", "-c", "kill -9 $$", ":::", "a"],
    stderr: /killed by SIGKILL/,
    status: 1,
  },
  {
    title: "input that a command does not read breaks nothing",
    url: "https://github.com/sindresorhus/execa/issues/474",
    args: ["map", "-q", "--pipe", "--block", "64k", "--", "true"],
    input: "line\n".repeat(100_000),
    stdout: "",
    status: 0,
  },
];

describe("what was reported of other command lines", { concurrency: 4 }, () => {
  for (const { title, url, args, input = "", stdout = "", stderr = /^$/, status } of reports)
    it(`${title} (${url})`, async (t) => {
      const ended = await run(t, args, { cwd: temporaryFolder(t), env: noServer, input });
      assert.equal(ended.status, status, ended.stderr);
      assert.equal(ended.stdout, stdout);
      assert.match(ended.stderr, stderr);
    });
});
