import * as v from "valibot";

/** Resources that the system limits for each process, as `setrlimit` calls them. */
export const limitedResources = ["cpu", "fsize", "data", "stack", "core", "nproc", "nofile", "memlock", "as"] as const;
export type LimitedResource = (typeof limitedResources)[number];

const limit = () => v.nullable(v.pipe(v.number(), v.safeInteger(), v.minValue(0)));

/** For each resource the soft and the hard limit, in bytes, seconds or pieces; null: unlimited. */
export const resourceLimits = () =>
  v.record(
    v.pipe(v.string(), v.regex(new RegExp(`^(?:${limitedResources.join("|")})$`), "expected the name of a resource")),
    v.pipe(v.array(limit()), v.length(2)),
  );

export type ResourceLimits = Record<string, (number | null)[]>;

const labels: Readonly<Record<string, LimitedResource>> = {
  "cpu time": "cpu",
  "file size": "fsize",
  "data size": "data",
  "stack size": "stack",
  "core file size": "core",
  processes: "nproc",
  "open files": "nofile",
  "locked memory": "memlock",
  "address space": "as",
};

/** Reads the text of Linux's `/proc/PID/limits`. */
export function parseLimits(text: string): ResourceLimits {
  const limits: ResourceLimits = {};
  for (const [, label, soft, hard] of text.matchAll(/^Max (.+?) {2,}(unlimited|\d+) +(unlimited|\d+)/gm)) {
    const resource = labels[label!];
    if (resource) limits[resource] = [amount(soft!), amount(hard!)];
  }
  return limits;
}

function amount(text: string): number | null {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : null;
}
