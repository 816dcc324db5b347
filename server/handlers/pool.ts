import * as pools from "../../protocol/pool.js";
import { Pool } from "../engine/pools/pool.js";
import { mapInPool } from "../engine/pools/pool-map.js";
import { refuseDaemonicParent } from "../engine/processes/process-table.js";
import { answer, type Handler } from "./handler.js";

export const poolHandlers: readonly Handler[] = [
  answer(pools.create, ({ engine, session }, params) => {
    refuseDaemonicParent(session);
    engine.registry.create(session, params.pool, Pool, () => new Pool(engine, session, params.pool, params));
    return null;
  }),
  answer(pools.close, ({ engine }, params) => {
    engine.registry.get(params.pool, Pool).close();
    return null;
  }),
  answer(pools.terminate, ({ engine, session }, params) => {
    const pool = engine.registry.get(params.pool, Pool);
    pool.terminate();
    return pool.whenGone(session);
  }),
  answer(pools.join, ({ engine, session }, params) =>
    engine.registry.get(params.pool, Pool).join(session, params.timeoutMs),
  ),
  answer(pools.status, ({ engine }, params) => engine.registry.get(params.pool, Pool).describePool()),
  answer(pools.list, ({ engine }) => ({ pools: engine.pools() })),
  answer(pools.map, ({ engine, session }, params) => mapInPool(engine, session, params)),
];
