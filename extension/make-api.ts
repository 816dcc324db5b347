import { checkRequest } from "./check-request.js";
import type { PolyprocApi } from "./api.js";

export function makeApi(
  { server, model, runs }: Pick<PolyprocApi, "server" | "model" | "runs">,
  activationMs: number,
): PolyprocApi {
  return {
    version: 1,
    address: server.address,
    connect: async ({ name = "another extension" } = {}) => {
      await server.ensure();
      const { connect } = await import("../bindings/typescript/client.js");
      return connect(server.address, { name });
    },
    run: async (request) => runs.start({ ...checkRequest(request), origin: "api" }),
    runs,
    model,
    server,
    activationMs,
  };
}
