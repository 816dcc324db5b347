import { readFileSync } from "node:fs";
import path from "node:path";
import { protocolFolder } from "./sources.js";

/** Doc comments of one exported constant. */
export interface ConstantDocs {
  /** Position in its file, to keep the order in which people wrote the constants. */
  order: number;
  /** The comment of the constant itself. */
  text: string | undefined;
  /** The comments of its members, by key. For a message: of its `params`, and of its `result`. */
  members: ReadonlyMap<string, string>;
  resultMembers: ReadonlyMap<string, string>;
}

const files = new Map<string, ReadonlyMap<string, ConstantDocs>>();

/** The comments beside the declarations are the documentation of each member, so that it is written once. */
export function docsOf(module: string, constant: string): ConstantDocs {
  let docs = files.get(module);
  if (!docs) {
    docs = readDocs(readFileSync(path.join(protocolFolder, `${module}.ts`), "utf8"));
    files.set(module, docs);
  }
  const found = docs.get(constant);
  if (!found) throw new Error(`protocol/${module}.ts does not export ${constant}`);
  return found;
}

function readDocs(source: string): ReadonlyMap<string, ConstantDocs> {
  const docs = new Map<string, ConstantDocs>();
  const starts = [...source.matchAll(/^(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n)?export const (\w+)/gm)];
  starts.forEach((start, order) => {
    const from = start.index + start[0].length;
    const end = source.slice(from).search(/^[)}\]].*;$/m);
    const body = end < 0 ? source.slice(from) : source.slice(from, from + end);
    const resultAt = body.search(/^ {2}result:/m);
    docs.set(start[2]!, {
      order,
      text: start[1] === undefined ? undefined : commentText(start[1]),
      members: memberDocs(resultAt < 0 ? body : body.slice(0, resultAt)),
      resultMembers: memberDocs(resultAt < 0 ? "" : body.slice(resultAt)),
    });
  });
  return docs;
}

function memberDocs(body: string): ReadonlyMap<string, string> {
  const members = new Map<string, string>();
  for (const [, comment, key] of body.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*(\w+)/g)) {
    if (!members.has(key!)) members.set(key!, commentText(comment!));
  }
  return members;
}

function commentText(comment: string): string {
  return comment
    .split("\n")
    .map((line) => line.replace(/^\s*\*? ?/, "").trimEnd())
    .join("\n")
    .trim();
}
