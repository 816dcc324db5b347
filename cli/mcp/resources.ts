import { outcomes, summary } from "../../agents/read-run.js";
import type { ToolHost } from "../../agents/tool.js";

const runsUri = "polyproc://runs";
/** Most items of a run in one resource. */
const maxItems = 500;

export const resourceTemplates = [
  {
    uriTemplate: `${runsUri}/{run}`,
    name: "run",
    title: "Results of a run",
    description: `A run's numbers and its first ${maxItems} items with their results and errors.`,
    mimeType: "application/json",
  },
];

export async function listedResources(host: ToolHost): Promise<{ uri: string; name: string; mimeType: string }[]> {
  const { runs } = await host.request("run/list", {});
  return [
    { uri: runsUri, name: "runs", mimeType: "application/json" },
    ...runs.toReversed().map(({ run, name }) => ({
      uri: `${runsUri}/${encodeURIComponent(run)}`,
      name: `${name} (${run})`,
      mimeType: "application/json",
    })),
  ];
}

/** Its text; null if there is no such resource. */
export async function readResource(host: ToolHost, uri: string): Promise<string | null> {
  const { runs } = await host.request("run/list", {});
  if (uri === runsUri) return JSON.stringify({ runs: runs.toReversed().map(summary) }, null, 1);
  if (!uri.startsWith(`${runsUri}/`)) return null;
  const handle = decodeURIComponent(uri.slice(runsUri.length + 1));
  const info = runs.find(({ run }) => run === handle);
  if (!info) return null;
  return JSON.stringify({ ...summary(info), ...(await outcomes(host, handle, "all", 0, maxItems)) }, null, 1);
}
