import type { Connection } from "../../bindings/typescript/session/connection.js";
import type { SessionInfo } from "../../protocol/lifecycle.js";

const shown = 5;

/**
 * `held by pid 812 (./deploy.sh); 2 wait`. The caller is one of the waiters. `holders`: the sessions that hold it.
 */
export async function describeWaiters(
  connection: Connection,
  holders: readonly string[],
  waiters: number,
): Promise<string> {
  const { sessions } = await connection.request("server/sessions", {});
  const names = holders
    .slice(0, shown)
    .map((holder) =>
      describeHolder(
        holder,
        sessions.find(({ session }) => session === holder),
      ),
    )
    .join(", ");
  const more = holders.length > shown ? ` and ${holders.length - shown} more` : "";
  const held = holders.length === 0 ? "it is being handed over" : `held by ${names}${more}`;
  return waiters > 1 ? `${held}; ${waiters} wait` : held;
}

/** A session by its pid and by what it runs: the command of a `polyproc lock`, otherwise the client's name. */
function describeHolder(holder: string, session: SessionInfo | undefined): string {
  if (!session || session.pid === null) return `client ${holder}`;
  const name = session.name.replace(/^polyproc (?:lock|sem) .*? -- /, "");
  return `pid ${session.pid}${name === "" ? "" : ` (${name})`}`;
}
