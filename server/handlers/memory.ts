import * as memory from "../../protocol/memory.js";
import { Block } from "../engine/bypass/block.js";
import { Memory } from "../engine/bypass/memory.js";
import { answer, receive, type Handler } from "./handler.js";

const noData = new Uint8Array();

export const memoryHandlers: readonly Handler[] = [
  answer(memory.create, ({ engine, session }, { memory: handle, bytes, exclusive = false, data = noData, forBlocks }) =>
    Memory.create(engine, session, handle, bytes, exclusive, data, forBlocks),
  ),
  answer(memory.open, ({ engine }, { memory: handle }) => engine.registry.get(handle, Memory).open()),
  receive(memory.usable, ({ session }) => {
    session.peer.useBlocks?.();
  }),
  receive(memory.store, ({ engine, session }, params) => Block.create(engine, session, params)),
  answer(memory.unlink, ({ engine }, { memory: handle }) => engine.registry.get(handle, Memory).unlink()),
];
