import type { ResultEntry } from "../../protocol/job.js";
import type { Session } from "./session.js";

/** Where a payload came from: the id of the client at the root of the sender's process tree. */
export type Origin = string;

/**
 * The payload's origin, if the session opens only blobs of its own process tree and the payload comes from another.
 * Else null.
 */
export function foreignOrigin(session: Session, origin: Origin): Origin | null {
  return session.blobs === "own" && origin !== session.owner ? origin : null;
}

/**
 * The member of an answer that marks its payloads, if all of them came from `origin` and are foreign to the session.
 */
export function originMark(session: Session, origin: Origin): { origin?: Origin } {
  const foreign = foreignOrigin(session, origin);
  return foreign === null ? {} : { origin: foreign };
}

/**
 * The origin of an item that a session puts back. Only the session knows from which client it got the item, and it may
 * lie. So the named origin is marked with the session's id, which makes it different from every real origin: a session
 * cannot pass its own payload off as that of another client.
 */
export function returnedOrigin(session: Session, named: string | null | undefined): Origin {
  return named ? `${named.replace(/ .*/s, "").slice(0, 40)} (put back by ${session.id})` : session.owner;
}

/** Results of workers that belong to `origin`, with their origin marked if it is foreign to this session. */
export function marked(results: ResultEntry[], session: Session, origin: Origin): ResultEntry[] {
  const foreign = foreignOrigin(session, origin);
  return foreign === null ? results : results.map((entry) => ({ ...entry, origin: foreign }));
}
