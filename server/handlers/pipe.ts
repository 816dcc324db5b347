import { PolyprocError } from "../../protocol/errors.js";
import * as pipe from "../../protocol/pipe.js";
import type { Handle } from "../../protocol/schema.js";
import { PipeEnd } from "../engine/streams/pipe.js";
import { waitForAny, type ReadySource } from "../engine/streams/ready.js";
import { answer, receive, castAnswer, type Context, type Handler } from "./handler.js";

export const pipeHandlers: readonly Handler[] = [
  answer(pipe.create, (context, params) => {
    create(context, params.first, params.second, params.duplex ?? true);
    return null;
  }),
  answer(pipe.send, ({ engine, session }, { end, item, timeoutMs, cast = false, channel = false }) => {
    const sent = engine.registry
      .get(end, PipeEnd)
      .send(session, item, timeoutMs, cast, channel && session.usesChannels);
    return cast && sent === null ? castAnswer : sent;
  }),
  answer(pipe.recv, ({ engine, session }, { end, timeoutMs }) =>
    engine.registry.get(end, PipeEnd).recv(session, timeoutMs),
  ),
  answer(pipe.poll, ({ engine, session }, { end, timeoutMs }) =>
    engine.registry.get(end, PipeEnd).poll(session, timeoutMs),
  ),
  answer(pipe.follow, ({ engine, session }, { end, timeoutMs, take = true, channel }) =>
    engine.registry.get(end, PipeEnd).follow(session, timeoutMs, take, channel),
  ),
  receive(pipe.entered, ({ engine, session }, { channel }) => engine.channels.get(channel)?.entered(session)),
  receive(pipe.left, ({ engine, session }, { end, channel, begun }) =>
    engine.channels.get(channel)?.left(session, end, begun),
  ),
  answer(pipe.close, ({ engine, session }, { end }) => {
    engine.registry.release(session, end);
    return null;
  }),
  answer(pipe.status, ({ engine }, { end }) => engine.registry.get(end, PipeEnd).status()),
  answer(pipe.wait, (context, { handles, timeoutMs }) =>
    waitForAny(
      context.session,
      handles.map((handle) => source(context, handle)),
      timeoutMs,
    ),
  ),
];

function create({ engine, session }: Context, first: Handle, second: Handle, duplex: boolean): void {
  const { registry } = engine;
  if (first === second)
    throw new PolyprocError("InvalidParams", `the two ends of a pipe need different handles; got ${first} twice`);
  const [oldFirst, oldSecond] = [registry.find(first), registry.find(second)];
  if (oldFirst || oldSecond) {
    const onePipe = oldFirst instanceof PipeEnd && oldSecond instanceof PipeEnd && oldFirst.isPeerOf(oldSecond);
    if (!onePipe)
      throw new PolyprocError(
        "BadState",
        `${oldFirst ? first : second} is in use, and not by a pipe whose other end is ${oldFirst ? second : first}`,
      );
  }
  const one = registry.create(
    session,
    first,
    PipeEnd,
    () => new PipeEnd(engine, first, { readable: true, writable: duplex }),
  );
  try {
    const two = registry.create(
      session,
      second,
      PipeEnd,
      () => new PipeEnd(engine, second, { readable: duplex, writable: true }),
    );
    if (!oldFirst) PipeEnd.join(one, two);
  } catch (error) {
    registry.release(session, first);
    throw error;
  }
}

function source({ engine, session }: Context, handle: Handle): ReadySource {
  if (handle.startsWith("process:")) {
    const record = engine.processes.find(handle, undefined);
    return {
      handle,
      get ready() {
        return record.exited;
      },
      onReady: (listener) => record.onExit(listener),
    };
  }
  const end = engine.registry.get(handle, PipeEnd);
  end.requirePollable(session);
  return end;
}
