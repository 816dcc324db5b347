import { PipeEnd } from "../../../../server/engine/streams/pipe.js";
import type { Session } from "../../../../server/engine/session.js";
import type { FakeWorld } from "../fake-engine.js";

/** Both ends of a pipe, each held by one of two sessions. A pipe that is not duplex leads from b to a. */
export function joinedPipe({ engine }: FakeWorld, a: Session, b: Session, duplex = true): [PipeEnd, PipeEnd] {
  const end = (session: Session, handle: string, directions: { readable: boolean; writable: boolean }) =>
    engine.registry.create(session, handle, PipeEnd, () => new PipeEnd(engine, handle, directions));
  const first = end(a, "pipe:@first", { readable: true, writable: duplex });
  const second = end(b, "pipe:@second", { readable: duplex, writable: true });
  PipeEnd.join(first, second);
  return [first, second];
}
