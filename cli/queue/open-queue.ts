import type { Connection } from "../../bindings/typescript/session/connection.js";
import { PolyprocError } from "../../protocol/errors.js";
import { serverAddress } from "../server-address.js";
import { openOwnServer, openServerAt, openSharedServer, type ServerLink } from "../server-link.js";

/** How often to look for the server that hosts the queue: another one may be ending or starting just now. */
const looks = 20;
const betweenLooksMs = 100;

/**
 * Calls `use` with a connection to the server that hosts the user's queue: the one of POLYPROC_ADDRESS if it does,
 * otherwise the one on the default socket, which is started if none is there. A server that does not host the queue may
 * know which one does. `use` begins with a request of the queue; it is called again if the server refuses that.
 */
export async function withQueue<T>(use: (connection: Connection) => Promise<T>): Promise<T> {
  const name = `polyproc ${process.argv[2] ?? ""}`.trim();
  let refusal: PolyprocError | null = null;
  const tried = async (open: () => Promise<ServerLink>): Promise<{ value: T } | null> => {
    const { connection } = await open();
    try {
      return { value: await use(connection) };
    } catch (error) {
      if (!isNotHosted(error)) throw error;
      refusal = error;
      return null;
    } finally {
      await connection.close();
    }
  };
  let found = serverAddress().from === "environment" ? await tried(() => openSharedServer(name)) : null;
  for (let look = 0; !found && look < looks; look++) {
    if (look > 0) await new Promise((resolve) => setTimeout(resolve, betweenLooksMs));
    found = await tried(() => openOwnServer(name, { ...process.env, POLYPROC_ADDRESS: undefined }));
    const address = (refusal as PolyprocError | null)?.data["address"];
    // It may have ended since.
    if (!found && typeof address === "string") found = await tried(() => openServerAt(address, name)).catch(onlyGone);
  }
  if (!found) throw refusal!;
  return found.value;
}

function isNotHosted(error: unknown): error is PolyprocError {
  return (
    error instanceof PolyprocError &&
    (error.codeName === "MethodNotFound" || (error.codeName === "BadState" && error.data["hosted"] === false))
  );
}

function onlyGone(error: unknown): null {
  if (error instanceof PolyprocError && error.codeName === "Closed") return null;
  throw error;
}
