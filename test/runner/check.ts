import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "../fixture.js";
import type { Outcome } from "./outcome.js";
import type { Run } from "./run.js";

/** A command that counts as one test: passed when it exits with 0. */
export interface Check {
  title: string;
  command: string;
  args: string[];
}

export function findChecks(): Check[] {
  const node = (title: string, ...args: string[]): Check => ({ title, command: process.execPath, args });
  const bin = (name: string): string => join(root, "node_modules", name, "bin", name);
  const checks = [
    node("lint", bin("oxlint"), "--type-aware", "--deny-warnings", "."),
    node("TypeScript and Markdown are formatted", bin("oxfmt"), "--check", "."),
    node("Python is formatted", join(root, "dist", "test", "format-python.js"), "--check"),
  ];
  const generate = join(root, "dist", "protocol", "generate", "main.js");
  if (existsSync(generate)) checks.push(node("generated files are up to date", generate, "--check"));
  return checks;
}

export async function runCheck(check: Check, run: Run): Promise<Outcome> {
  const startedAt = performance.now();
  const child = spawn(check.command, check.args, {
    cwd: root,
    env: run.environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => (output += data.toString()));
  const error = await new Promise<string | null>((resolve) => {
    child.once("error", (cause) => resolve(cause.message));
    child.once("close", (code, signal) =>
      resolve(code === 0 ? null : `it ended with ${signal ?? `exit code ${code}`}`),
    );
  });
  const durationMs = performance.now() - startedAt;
  return {
    title: check.title,
    durationMs,
    passed: error === null ? 1 : 0,
    skipped: 0,
    leftOut: [],
    failures: error === null ? [] : [{ name: [check.command, ...check.args].join(" "), error }],
    notes: [],
    tests: [{ name: check.title, durationMs }],
    output,
  };
}
