import * as cluster from "../../protocol/cluster.js";
import { answer, type Handler } from "./handler.js";

export const clusterHandlers: readonly Handler[] = [
  answer(cluster.hosts, ({ engine }, params) => engine.options.clusters.hosts(params.cluster)),
  answer(cluster.drain, async ({ engine }, params) => {
    await engine.options.clusters.drain(params.cluster, params.host);
    return null;
  }),
];
