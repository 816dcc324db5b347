import * as memory from "../../protocol/memory.js";
import { Memory } from "../engine/bypass/memory.js";
import { answer, type Handler } from "./handler.js";

const noData = new Uint8Array();

export const memoryHandlers: readonly Handler[] = [
  answer(memory.create, ({ engine, session }, { memory: handle, bytes, exclusive = false, data = noData }) =>
    Memory.create(engine, session, handle, bytes, exclusive, data),
  ),
  answer(memory.open, ({ engine }, { memory: handle }) => engine.registry.get(handle, Memory).open()),
  answer(memory.unlink, ({ engine }, { memory: handle }) => engine.registry.get(handle, Memory).unlink()),
];
