import { readFileSync } from "node:fs";
import { hasRawBytes, textToBytes } from "../../protocol/escaped-text.js";
import {
  limitedResources,
  parseLimits,
  type LimitedResource,
  type ResourceLimits,
} from "../../protocol/resource-limits.js";
import { findProgram } from "./start/find-program.js";

interface CommandLine {
  command: string;
  args: readonly string[];
}

export interface Wrapping extends CommandLine {
  cwd: string | undefined;
  env: NodeJS.ProcessEnv;
  limits: ResourceLimits | undefined;
}

/**
 * The command line that gives a program what Node cannot: resource limits, and arguments that are not UTF-8. A shell
 * sets them up and becomes the program, so no process is added. Without either it is the command line itself.
 */
export function wrapped({ command, args, cwd, env, limits }: Wrapping): CommandLine {
  const setting = process.platform === "win32" ? [] : limitSettings(limits);
  const isRaw = process.platform !== "win32" && args.some(hasRawBytes);
  // Node itself reports a program that cannot be started, and an argument with NUL.
  const isFaulty = args.some((arg) => arg.includes("\0")) || findProgram(command, cwd, env) === null;
  if ((setting.length === 0 && !isRaw) || isFaulty) return { command, args };
  const positional: string[] = [];
  const words = [...oddVariables(env), command, ...args].map((word) =>
    hasRawBytes(word) ? octal(textToBytes(word)) : `"\${${positional.push(word)}}"`,
  );
  return { command: "/bin/sh", args: ["-c", [...setting, `exec ${words.join(" ")}`].join("\n"), "sh", ...positional] };
}

/** Letters of `ulimit`, and the bytes or pieces that it counts in. */
const ulimits: Readonly<Record<LimitedResource, { letter: string; unit: number }>> = {
  cpu: { letter: "t", unit: 1 },
  fsize: { letter: "f", unit: 512 },
  data: { letter: "d", unit: 1024 },
  stack: { letter: "s", unit: 1024 },
  core: { letter: "c", unit: 512 },
  nproc: { letter: "u", unit: 1 },
  nofile: { letter: "n", unit: 1 },
  memlock: { letter: "l", unit: 1024 },
  as: { letter: "v", unit: 1024 },
};

/** Lines of shell that set the limits where they differ from this process's. No limit is above its hard one. */
function limitSettings(limits: ResourceLimits | undefined): string[] {
  if (!limits) return [];
  const own = ownLimits();
  return limitedResources.flatMap((resource) => {
    const wanted = limits[resource];
    const mine = own[resource];
    if (!wanted || !mine) return [];
    const hard = lower(wanted[1]!, mine[1]!);
    const soft = lower(wanted[0]!, hard);
    return [
      ...(soft === mine[0] ? [] : [setLimit("S", resource, soft)]),
      ...(hard === mine[1] ? [] : [setLimit("H", resource, hard)]),
    ];
  });
}

function setLimit(kind: "S" | "H", resource: LimitedResource, value: number | null): string {
  const { letter, unit } = ulimits[resource];
  const amount = value === null ? "unlimited" : Math.floor(value / unit);
  // dash calls the number of processes p.
  const other = resource === "nproc" ? ` || ulimit -${kind} -p ${amount} 2>/dev/null` : "";
  const message = `polyproc: the limit of ${resource} cannot be set to ${value ?? "unlimited"}`;
  const refused = `{ echo '${message}' >&2; exit 126; }`;
  return `ulimit -${kind} -${letter} ${amount}${other ? " 2>/dev/null" : ""}${other} || ${refused}`;
}

let own: ResourceLimits | null = null;

/** Elsewhere than on Linux: none are known, and commands have the server's. */
function ownLimits(): ResourceLimits {
  try {
    own ??= parseLimits(readFileSync("/proc/self/limits", "latin1"));
  } catch {
    own = {};
  }
  return own;
}

function lower(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}

/** A word of shell that stands for these bytes. Line ends at its end would be lost by the substitution. */
function octal(bytes: Uint8Array): string {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 10) end--;
  const text = Array.from(bytes.subarray(0, end), (byte) =>
    /\w|[./-]/.test(String.fromCharCode(byte)) && byte < 0x80 ? String.fromCharCode(byte) : `\\${octalDigits(byte)}`,
  ).join("");
  return `"$(printf -- '${text}')"${end < bytes.length ? `'${"\n".repeat(bytes.length - end)}'` : ""}`;
}

function octalDigits(byte: number): string {
  return byte.toString(8).padStart(3, "0");
}

/**
 * The shell passes on only variables whose names it could have itself. The program `env` sets the others, such as
 * functions that bash exports.
 */
function oddVariables(env: NodeJS.ProcessEnv): string[] {
  const odd = Object.entries(env).filter(([name, value]) => value !== undefined && !/^[A-Za-z_]\w*$/.test(name));
  return odd.length === 0 ? [] : ["env", "--", ...odd.map(([name, value]) => `${name}=${value}`)];
}
