import type { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { commandLine, isAllowed, optionFor, question, type Allowed } from "../../agents/ask.js";
import type { Ask } from "../../agents/tool.js";

/** Milliseconds that a person has to answer. */
const answerMs = 600_000;

/** Lets a call pass that an option allows, or that the person at the client allows when asked. */
export class Permission {
  readonly #server: Pick<Server, "getClientCapabilities" | "elicitInput">;
  readonly #allowed: Allowed;
  /** What the person allowed until the end of the session. */
  readonly #always = new Set<string>();

  constructor(server: Pick<Server, "getClientCapabilities" | "elicitInput">, allowed: Allowed) {
    this.#server = server;
    this.#allowed = allowed;
  }

  /** Throws an Error for the model if no person allows it. */
  async require(ask: Ask, signal: AbortSignal): Promise<void> {
    const key = keyOf(ask);
    if (isAllowed(ask, this.#allowed) || (key !== null && this.#always.has(key))) return;
    if (!this.#server.getClientCapabilities()?.elicitation)
      throw new Error(
        `not allowed: ${question(ask)} The person at this client cannot be asked; polyproc mcp has to be started ` +
          `with ${optionFor(ask)}`,
      );
    const { action, content } = await this.#server.elicitInput(
      {
        message: question(ask),
        requestedSchema: {
          type: "object",
          properties:
            key === null ? {} : { always: { type: "boolean", title: "Do not ask again for this one", default: false } },
        },
      },
      { timeout: answerMs, signal },
    );
    if (action !== "accept") throw new Error(`the person at the client did not allow it: ${question(ask)}`);
    if (key !== null && content?.["always"] === true) this.#always.add(key);
  }
}

/** What is the same whatever the items are. Null: asked each time. */
function keyOf(ask: Ask): string | null {
  switch (ask.kind) {
    case "command":
      return `command ${commandLine(ask.words)}`;
    case "module":
      return `module ${ask.file} ${ask.export}`;
    case "kill":
      return null;
  }
}
