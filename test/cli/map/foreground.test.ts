import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { hasNative } from "../../../native/load.js";
import { waitFor } from "../../deadline.js";
import { compiled } from "../../fixture.js";
import { isLiving } from "../../living.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { needs } from "../../tools/needs.js";
import { startProgramOnTerminal } from "../pty.js";

/**
 * An interactive shell on a terminal, in which `$tty a b -- COMMAND` maps over these items. Its prompt is `out> `.
 * `scripts`: files of $FOLDER.
 */
async function shell(t: TestContext, scripts: Record<string, string>) {
  const folder = temporaryFolder(t);
  for (const [name, text] of Object.entries(scripts)) writeFileSync(join(folder, name), text);
  const env = {
    PS1: "out> ",
    tty: `${process.execPath} ${compiled("cli/main")} map --tty`,
    FOLDER: folder,
    TERM: "dumb",
  };
  const terminal = startProgramOnTerminal(t, ["/bin/bash", "--norc", "-i"], env);
  await terminal.shows(/out> /);
  let mark = 0;
  /** Waits until the terminal shows this after what was typed last. */
  const shows = (pattern: RegExp) =>
    waitFor(() => pattern.test(terminal.text().slice(mark)), { what: `${pattern} on the terminal` }).catch(
      (error: Error) => {
        throw new Error(`${error.message}; it shows ${JSON.stringify(terminal.text().slice(mark))}`);
      },
    );
  return {
    shows,
    /** Types these keys; "\u0003" is Ctrl-C, "\u001a" is Ctrl-Z. */
    async type(keys: string, pattern: RegExp) {
      mark = terminal.text().length;
      terminal.type(keys);
      await shows(pattern);
    },
    folder,
    /** The pid that a script wrote into NAME.pid. */
    pid: (name: string) =>
      waitFor(() => Number(readFileSync(join(folder, `${name}.pid`), "utf8").trim()), { what: `the pid of ${name}` }),
    async leave() {
      terminal.type("exit 7\n");
      assert.equal(await terminal.ended(), 7, "the shell still reads from its terminal");
    },
  };
}

const { skip } = needs("python3", "bash", "perl");

describe(
  "map --tty: each command is a job of this terminal",
  { skip: skip || (!hasNative() && "no native code") },
  () => {
    test("Ctrl-C ends the command and the map; one that the command handles reaches no other program", async (t) => {
      const { type, shows, folder, leave } = await shell(t, {
        sleeps: "echo begun $1; exec sleep 600",
        handles: `trap 'echo caught; exit 0' INT; echo begun $1; until [ -e $FOLDER/never ]; do sleep 0.02; done`,
        items: "echo a; until [ -e $FOLDER/go ]; do sleep 0.02; done; echo b",
      });
      await type("$tty a b -- sh $FOLDER/sleeps\n", /\nbegun a/);
      await type("\u0003", /out> /);
      await type("echo status:$?\n", /\nstatus:130/);

      await type("sh $FOLDER/items | $tty -- sh $FOLDER/handles; echo status:$?\n", /\nbegun a/);
      await type("\u0003", /caught/);
      writeFileSync(join(folder, "go"), "");
      await shows(/\nbegun b/);
      await type("\u0003", /caught[^]*status:0[^]*out> /);
      await leave();
    });

    test("a shell controls jobs inside, and after it the terminal is its caller's again", async (t) => {
      const { type, leave } = await shell(t, { sleeps: "echo begun; exec sleep 600", inner: "exec bash --norc -i" });
      await type("PS1='in> ' $tty a -- sh $FOLDER/inner\n", /\nin> /);
      await type("sh $FOLDER/sleeps\n", /\nbegun/);
      await type("\u001a", /Stopped[^]*in> /);
      await type("fg\n", /\nsh \S+sleeps/);
      await type("\u0003", /in> /);
      await type("exit 3\n", /a: exit status 3[^]*out> /);
      await leave();
    });

    test("Ctrl-Z stops the command and the map; fg continues both, also after bg", async (t) => {
      const { type, leave } = await shell(t, { reads: "echo begun; read x; echo got-$x" });
      await type("$tty a -- sh $FOLDER/reads\n", /\nbegun/);
      await type("\u001a", /Stopped[^]*out> /);
      // It reads in the background, which stops it anew.
      await type("bg; until jobs -s | grep -q reads; do sleep 0.1; done; echo ane''w\n", /\nanew[^]*out> /);
      await type("fg\n", /reads\r\n/);
      await type("hello\n", /\ngot-hello[^]*out> /);
      await leave();
    });

    test("a command that is killed, and a map that is killed, leave the terminal to a script", async (t) => {
      const { type, shows, pid, folder, leave } = await shell(t, {
        job: 'trap "" TERM; stty -echo; echo $PPID >$FOLDER/map.pid; echo $$ >$FOLDER/job.pid; exec sleep 600',
        inner: "exec bash --norc -i",
        script: '$tty a -- sh $FOLDER/job; stty -a; read -r x; echo "<$x>"',
      });
      for (const name of ["job", "map"]) {
        await type("sh $FOLDER/script\n", /script/);
        const job = await pid("job");
        process.kill(await pid(name), "SIGKILL");
        await shows(/ icanon [^]* echo /);
        await type("line\n", /\n<line>[^]*out> /);
        await waitFor(() => !isLiving(job), { what: "the end of the command" });
        for (const written of ["job", "map"]) rmSync(join(folder, `${written}.pid`));
      }
      await leave();
    });

    test("a map that is killed ends a shell that controls jobs, and what it runs", async (t) => {
      const { type, shows, pid, leave } = await shell(t, {
        inner: "echo $PPID >$FOLDER/map.pid; echo $$ >$FOLDER/job.pid; exec bash --norc -i",
        sleeps: "echo $$ >$FOLDER/sleeps.pid; exec sleep 600",
      });
      await type("PS1='in> ' $tty a -- sh $FOLDER/inner\n", /\nin> /);
      await type("sh $FOLDER/sleeps\n", /sleeps/);
      const left = [await pid("sleeps"), await pid("job")];
      process.kill(await pid("map"), "SIGKILL");
      await waitFor(() => !left.some(isLiving), { what: "the end of both" });
      await shows(/out> /);
      await leave();
    });

    test("it ends the command's background jobs, which have groups of their own", async (t) => {
      const { type, shows, pid, leave } = await shell(t, {
        job:
          "echo $PPID >$FOLDER/map.pid; echo $$ >$FOLDER/job.pid; set -m; sleep 600 & echo $! >$FOLDER/sleeps.pid; " +
          "echo begun; wait",
      });
      await type("$tty a -- bash $FOLDER/job\n", /\nbegun/);
      const left = [await pid("sleeps"), await pid("job")];
      process.kill(await pid("map"), "SIGKILL");
      await waitFor(() => !left.some(isLiving), { what: "the end of both" });
      await shows(/out> /);
      await leave();
    });
  },
);
