import type * as serverPart from "@modelcontextprotocol/sdk/server/index.js";
import type * as stdioPart from "@modelcontextprotocol/sdk/server/stdio.js";
import type * as typesPart from "@modelcontextprotocol/sdk/types.js";
import { missingPackage } from "../missing-package.js";

/** The parts of the Model Context Protocol's SDK that `polyproc mcp` uses. */
export interface Sdk {
  readonly Server: typeof serverPart.Server;
  readonly StdioServerTransport: typeof stdioPart.StdioServerTransport;
  readonly types: typeof typesPart;
}

/** Loads the SDK, which nothing else needs. Throws an ExitError that says how to install it. */
export async function loadSdk(): Promise<Sdk> {
  try {
    const [{ Server }, { StdioServerTransport }, types] = await Promise.all([
      import("@modelcontextprotocol/sdk/server/index.js"),
      import("@modelcontextprotocol/sdk/server/stdio.js"),
      import("@modelcontextprotocol/sdk/types.js"),
    ]);
    return { Server, StdioServerTransport, types };
  } catch (error) {
    throw missingPackage("mcp", "one more package", "@modelcontextprotocol/sdk", error);
  }
}
