import type * as serverPart from "@modelcontextprotocol/sdk/server/index.js";
import type * as stdioPart from "@modelcontextprotocol/sdk/server/stdio.js";
import type * as typesPart from "@modelcontextprotocol/sdk/types.js";
import { ExitError } from "../exit-error.js";
import { exitStatus } from "../exit-status.js";

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
    throw new ExitError(
      exitStatus.unavailable,
      "polyproc mcp needs one more package, where polyproc is installed: " +
        "npm install @modelcontextprotocol/sdk, with --global if polyproc was installed with it " +
        `(${(error as Error).message.split("\n")[0]})`,
    );
  }
}
