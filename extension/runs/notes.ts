import { decode, encode } from "../../bindings/typescript/session/codec.js";
import type { Payload } from "../../protocol/payload.js";
import type { RunItem, RunRequest } from "./run.js";

/**
 * The notes of the window on a run, in `meta` of `run/start`: with them any window can show the run. A label that
 * equals the item's text, and a file that equals the item, are left out, because runs over files have little else.
 */
interface Notes {
  editor: 1;
  origin: RunRequest["origin"];
  labels: (string | null)[];
  /** `true`: the item's value. */
  files: (string | true | null)[];
  /** Absent if it is long: the items tell the same. */
  recipe?: RunRequest["recipe"];
}

/** Characters of a recipe as JSON. */
const maxRecipeLength = 64 * 1024;

const origins: readonly RunRequest["origin"][] = ["command", "task", "api"];

export function encodeNotes({ origin, items, recipe }: RunRequest): Payload {
  const notes: Notes = {
    editor: 1,
    origin,
    labels: items.map(({ value, label }) => (label === value ? null : label)),
    files: items.map(({ value, file }) => (file !== null && file === value ? true : file)),
    ...(recipe && JSON.stringify(recipe).length <= maxRecipeLength ? { recipe } : {}),
  };
  return encode(notes);
}

/**
 * The items, the recipe and the origin of a run that was found at the server. If another program's `meta` has another
 * form, the items are shown by their values.
 */
export function readNotes(
  meta: Payload | undefined,
  values: readonly unknown[],
): Pick<RunRequest, "origin" | "recipe"> & { items: RunItem[] } {
  const notes = asNotes(meta, values.length);
  const items = values.map((value, index): RunItem => {
    const label = notes?.labels[index];
    const file = notes ? notes.files[index] : absolutePath(value);
    return {
      value,
      label: typeof label === "string" ? label : labelOf(value),
      file: file === true ? absolutePath(value) : typeof file === "string" ? file : null,
    };
  });
  return { origin: notes?.origin ?? "api", recipe: notes?.recipe, items };
}

function asNotes(meta: Payload | undefined, count: number): Notes | null {
  if (meta === undefined) return null;
  try {
    const notes = decode(meta, null) as Partial<Notes> | null;
    if (notes?.editor !== 1 || !Array.isArray(notes.labels) || !Array.isArray(notes.files)) return null;
    if (notes.labels.length !== count || notes.files.length !== count || !origins.includes(notes.origin!)) return null;
    return notes as Notes;
  } catch {
    return null;
  }
}

function absolutePath(value: unknown): string | null {
  return typeof value === "string" && value.startsWith("/") && !value.includes("\n") ? value : null;
}

const maxLabelLength = 200;

/** Text for an item that has no better one. */
export function labelOf(value: unknown): string {
  const text =
    typeof value === "string"
      ? value
      : (JSON.stringify(value, (_, member: unknown) => (typeof member === "bigint" ? String(member) : member)) ??
        String(value));
  return text.length > maxLabelLength ? `${text.slice(0, maxLabelLength)}…` : text;
}
