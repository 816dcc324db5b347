import { readFileSync } from "node:fs";
import path from "node:path";
import { format, type FormatOptions } from "oxfmt";
import { goldenFrames, goldenStreams, goldenValues } from "./golden-frames.js";
import { buildJsonSchema } from "./json-schema.js";
import { buildMetaModel } from "./meta-model.js";
import { protocolFolder } from "./sources.js";
import { renderSpec } from "./spec.js";

export interface GeneratedFile {
  /** Absolute. */
  path: string;
  text: string;
}

/** Every generated file as it should be now. */
export async function generatedFiles(): Promise<GeneratedFile[]> {
  const spec = path.join(protocolFolder, "SPEC.md");
  return [
    json("metaModel.json", buildMetaModel()),
    json("schema.json", buildJsonSchema()),
    {
      path: path.join(protocolFolder, "generated/golden-frames.json"),
      text: lines({ frames: goldenFrames(), streams: goldenStreams(), values: goldenValues() }),
    },
    { path: spec, text: await formatted("SPEC.md", renderSpec(readFileSync(spec, "utf8"))) },
  ];
}

/** As `npm run format` leaves it. */
async function formatted(name: string, text: string): Promise<string> {
  const { ignorePatterns: _, ...options } = JSON.parse(
    readFileSync(path.join(protocolFolder, "../.oxfmtrc.json"), "utf8"),
  ) as FormatOptions & { ignorePatterns: string[] };
  const { code, errors } = await format(name, text, options);
  if (errors.length > 0) throw new Error(`${name} cannot be formatted: ${errors[0]!.message}`);
  return code;
}

/** Undefined when the file is as it should be, else what is wrong with it. */
export function difference(file: GeneratedFile): string | undefined {
  let found: string;
  try {
    found = readFileSync(file.path, "utf8");
  } catch {
    return `${file.path} does not exist`;
  }
  if (found === file.text) return undefined;
  const expected = file.text.split("\n");
  const at = found.split("\n").findIndex((line, i) => line !== expected[i]);
  return `${file.path} differs from line ${(at < 0 ? expected.length : at) + 1} on`;
}

function json(name: string, value: unknown): GeneratedFile {
  return { path: path.join(protocolFolder, "generated", name), text: `${JSON.stringify(value, null, 2)}\n` };
}

/** One line an entry, for people to compare. */
function lines(lists: Record<string, readonly unknown[]>): string {
  const members = Object.entries(lists).map(
    ([key, entries]) =>
      `  ${JSON.stringify(key)}: [\n${entries.map((entry) => `    ${JSON.stringify(entry)}`).join(",\n")}\n  ]`,
  );
  return `{\n${members.join(",\n")}\n}\n`;
}
