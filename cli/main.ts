#!/usr/bin/env node
import { runCommandLine } from "./command-line.js";
import { isCommand } from "./commands.js";
import { namesIn } from "./program.js";

const argv = process.argv.slice(2);
// Help and version need no command, and to read the commands would take longer than to print them.
if (namesIn(argv).some(isCommand)) void import("./called.js").then(({ runCalled }) => runCalled(argv));
else void runCommandLine(argv);
