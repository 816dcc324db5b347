import { readFile } from "node:fs/promises";

type Json = Record<string, unknown>;
type Documents = Promise<{ metaModel: Json; schema: Json }>;

let documents: Documents | undefined;

/** What `npm run generate` made of the protocol, for `server/protocol`. Read at the first request. */
export function protocolDocuments(): Documents {
  documents ??= read();
  return documents;
}

async function read(): Documents {
  const [metaModel, schema] = await Promise.all([
    readJson(new URL("../../protocol/generated/metaModel.json", import.meta.url)),
    readJson(new URL("../../protocol/generated/schema.json", import.meta.url)),
  ]);
  return { metaModel, schema };
}

async function readJson(file: URL): Promise<Json> {
  return JSON.parse(await readFile(file, "utf8")) as Json;
}
