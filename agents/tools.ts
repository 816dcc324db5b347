import { killTool } from "./kill-tool.js";
import { childrenTool, readTool, runsTool } from "./read-tools.js";
import { mapTool, rerunTool } from "./start-tools.js";
import type { Tool } from "./tool.js";

/** What an agent may call: the same in `polyproc mcp` and in the editor. */
export const tools: readonly Tool[] = [mapTool, runsTool, readTool, rerunTool, childrenTool, killTool];
