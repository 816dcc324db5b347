import type { Allowed } from "../../agents/ask.js";
import { tools } from "../../agents/tools.js";
import { openOwnServer } from "../server-link.js";
import { onInterruption } from "../signals.js";
import { version } from "../version.js";
import { Permission } from "./permission.js";
import { listedResources, readResource, resourceTemplates } from "./resources.js";
import { loadSdk } from "./sdk.js";
import { ServerHost } from "../server-host.js";

const instructions =
  "Polyproc runs commands and functions over many files or items, several at a time, and keeps the outcomes. " +
  "polyproc_map starts a run; polyproc_read_run shows what failed; polyproc_rerun_failed runs only that again.";

/** Serves one client on standard input and output, until it or a signal ends the session. */
export async function serveMcp(allowed: Allowed): Promise<void> {
  const { Server, StdioServerTransport, types } = await loadSdk();
  const host = new ServerHost(async () => (await openOwnServer("polyproc mcp")).connection);
  const server = new Server(
    { name: "polyproc", title: "Polyproc", version: version() },
    { capabilities: { tools: {}, resources: {} }, instructions },
  );
  const permission = new Permission(server, allowed);

  server.setRequestHandler(types.ListToolsRequestSchema, () => ({
    tools: tools.map(({ name, title, description, inputSchema, readOnly }) => ({
      name,
      title,
      description,
      inputSchema,
      annotations: { title, readOnlyHint: readOnly, destructiveHint: !readOnly, openWorldHint: !readOnly },
    })),
  }));

  server.setRequestHandler(types.CallToolRequestSchema, async ({ params }, { signal, sendNotification, _meta }) => {
    const tool = tools.find(({ name }) => name === params.name);
    if (!tool) throw new types.McpError(types.ErrorCode.InvalidParams, `there is no tool ${params.name}`);
    const progressToken = _meta?.progressToken;
    try {
      const call = await tool.prepare(host, params.arguments);
      if (call.ask) await permission.require(call.ask, signal);
      const value = await call.run({
        signal,
        progress(done, total, message) {
          if (progressToken === undefined) return;
          const told = { progressToken, progress: done, total, ...(message === "" ? {} : { message }) };
          // A client that has disconnected needs no progress.
          sendNotification({ method: "notifications/progress", params: told }).catch(() => {});
        },
      });
      return { content: [{ type: "text", text: JSON.stringify(value, null, 1) }] };
    } catch (error) {
      // The model can do something about it.
      return { content: [{ type: "text", text: (error as Error).message }], isError: true };
    }
  });

  server.setRequestHandler(types.ListResourcesRequestSchema, async () => ({ resources: await listedResources(host) }));
  server.setRequestHandler(types.ListResourceTemplatesRequestSchema, () => ({ resourceTemplates }));
  server.setRequestHandler(types.ReadResourceRequestSchema, async ({ params }) => {
    const text = await readResource(host, params.uri);
    if (text === null) throw new types.McpError(types.ErrorCode.InvalidParams, `there is no resource ${params.uri}`);
    return { contents: [{ uri: params.uri, mimeType: "application/json", text }] };
  });

  const ended = new Promise<void>((resolve) => {
    server.onclose = resolve;
    process.stdin.once("end", resolve).once("close", resolve);
    onInterruption(() => resolve());
  });
  await server.connect(new StdioServerTransport());
  await ended;
  await server.close();
  await host.close();
}
