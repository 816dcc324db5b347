import type { ResultEntry } from "../../protocol/job.js";
import type { Session } from "./session.js";

/** The client at the root of the process tree that a payload came from. */
export type Origin = string;

/** Where the payload came from, when the session wants to know: it opens private values of its own process tree alone. Else null. */
export function foreignOrigin(session: Session, origin: Origin): Origin | null {
  return session.blobs === "own" && origin !== session.owner ? origin : null;
}

/**
 * The origin of an item that a session puts back. It may have been another's, which only the session knows: what it names is for people. No session is
 * called so, so that nobody can give a payload of its own out as somebody else's.
 */
export function returnedOrigin(session: Session, named: string | null | undefined): Origin {
  return named ? `${named.replace(/ .*/s, "").slice(0, 40)} (put back by ${session.id})` : session.owner;
}

/** Results as this session is to get them, of workers that belong to `origin`. */
export function marked(results: ResultEntry[], session: Session, origin: Origin): ResultEntry[] {
  const foreign = foreignOrigin(session, origin);
  return foreign === null ? results : results.map((entry) => ({ ...entry, origin: foreign }));
}
