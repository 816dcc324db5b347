import type { PolyprocApi } from "./api.js";

export function makeApi({ server, model, runs }: Pick<PolyprocApi, "server" | "model" | "runs">, activationMs: number): PolyprocApi {
  return {
    version: 1,
    address: server.address,
    connect: async () => {
      await server.ensure();
      const { connect } = await import("../bindings/typescript/client.js");
      return connect(server.address);
    },
    run: (request) => runs.start({ ...request, origin: "api" }),
    runs,
    model,
    server,
    activationMs,
  };
}
