import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { StackFrame, StackReading, StackSample } from "../../../protocol/stack.js";
import { Inspector } from "./inspector.js";
import { gapMs, mostFrames, nameOf, numberOf } from "./sampling.js";

/** Milliseconds for each step. Only a blocked process takes that long. */
const stepMs = 2000;
const ownUrl = "polyproc:stack";

/**
 * Runs in the process, on top of whatever runs there. It leaves nothing behind, and it works when the program has its
 * own `prepareStackTrace`. Positions are those of the source, if the process knows its source maps.
 */
const look = `(() => {
  const { Error: E, process: p, JSON: j } = globalThis;
  const { stackTraceLimit: limit, prepareStackTrace: prepare } = E;
  const holder = {};
  let frames;
  try {
    E.stackTraceLimit = ${mostFrames + 20};
    E.prepareStackTrace = (_, sites) => sites;
    E.captureStackTrace(holder);
    const maps = p.getBuiltinModule?.("node:module");
    frames = holder.stack.map((site) => {
      const frame = [site.getFunctionName(), site.getFileName(), site.getLineNumber(), site.getColumnNumber()];
      try {
        const entry = maps?.findSourceMap(frame[1])?.findEntry(frame[2] - 1, frame[3] - 1);
        if (entry?.originalSource)
          return [frame[0], entry.originalSource, entry.originalLine + 1, entry.originalColumn + 1, frame[1]];
      } catch {}
      return [...frame, frame[1]];
    });
  } finally {
    E.stackTraceLimit = limit;
    E.prepareStackTrace = prepare;
  }
  return j.stringify({ frames, waitsFor: p.getActiveResourcesInfo() });
})()
//# sourceURL=${ownUrl}`;

/** Ends the inspector: then no program can connect to it any more. */
const closeInspector = "void process._debugEnd()";

/**
 * Where a Node host is whose inspector listens at `url`; then the inspector is closed. `host`: its main module.
 * `exiting`: the process exits.
 */
export async function readNodeStack(url: string, host: string, exiting: AbortSignal): Promise<StackReading> {
  const inspector = await Inspector.open(url, stepMs, exiting);
  const samples: StackSample[] = [];
  let waitsFor: string[] = [];
  try {
    for (let i = 0; i < 2; i++) {
      if (i > 0) await new Promise((resolve) => setTimeout(resolve, gapMs));
      const text = await inspector.evaluate(look, stepMs);
      if (text === null) break;
      const seen = readLook(text, host);
      samples.push({ at: Date.now(), threads: [{ name: "main", frames: seen.frames }] });
      waitsFor = seen.waitsFor;
    }
  } finally {
    await end(inspector);
  }
  return { samples, note: noteOn(samples, waitsFor) };
}

function noteOn(samples: readonly StackSample[], waitsFor: readonly string[]): string | null {
  if (samples.length < 2) return "it became blocked outside of JavaScript, so it did not answer twice";
  if (samples.some(({ threads }) => threads[0]!.frames.length > 0)) return null;
  const what = waitsFor.length === 0 ? "" : ` (${waitsFor.join(", ")})`;
  return (
    `it runs no JavaScript at the moment: it waits in its event loop${what}. ` +
    "V8 keeps no stack of a function that awaits"
  );
}

/** Closes an inspector that opened too late to be read. */
export async function closeNodeInspector(url: string, exiting: AbortSignal): Promise<void> {
  await end(await Inspector.open(url, stepMs, exiting));
}

/**
 * The process closes all connections. If it does not in time, it has become blocked: the connection stays, so that it
 * reads this, and closes it, when it goes on.
 */
async function end(inspector: Inspector): Promise<void> {
  try {
    await inspector.evaluate(closeInspector, stepMs);
    inspector.leave();
  } catch {
    inspector.close();
  }
}

function readLook(text: string, host: string): { frames: StackFrame[]; waitsFor: string[] } {
  const hostFolder = `${dirname(host)}/`;
  const { frames, waitsFor } = JSON.parse(text) as { frames: unknown; waitsFor: unknown };
  const all = (Array.isArray(frames) ? frames : []).filter(Array.isArray).map(([name, file, line, column, loaded]) => ({
    loaded: pathOf(nameOf(loaded)) ?? "",
    frame: { function: nameOf(name) ?? "", file: pathOf(nameOf(file)), line: numberOf(line), column: numberOf(column) },
  }));
  const own = all.findLastIndex(({ loaded }) => loaded === ownUrl);
  const above = all.slice(own + 1).filter(({ loaded }) => loaded !== "" && !loaded.startsWith("node:internal/"));
  const fromHost = above.findIndex(({ loaded }) => loaded.startsWith(hostFolder));
  return {
    frames: above.slice(0, fromHost === -1 ? mostFrames : Math.min(fromHost, mostFrames)).map(({ frame }) => frame),
    waitsFor: kinds((Array.isArray(waitsFor) ? waitsFor : []).flatMap((name) => nameOf(name) ?? [])),
  };
}

/** Each kind once. A host's pipes to the server are always there. */
function kinds(names: readonly string[]): string[] {
  return [...new Set(names)].filter((name) => !/^(?:Pipe|TTY)Wrap$/.test(name)).slice(0, 20);
}

function pathOf(file: string | null): string | null {
  if (file === null || !file.startsWith("file:")) return file;
  try {
    return fileURLToPath(file);
  } catch {
    return file;
  }
}
