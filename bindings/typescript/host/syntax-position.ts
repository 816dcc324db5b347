import type { Session } from "node:inspector";

/** Where a syntax error is. */
export interface SyntaxPosition {
  /** Both from 1. */
  line: number;
  column: number;
  /** True: in the module itself. False: in a module that it imports. */
  own: boolean;
}

/**
 * The position of a syntax error in a module that failed to load. Node exposes the position only through the inspector,
 * and names the module only while it is parsed. So the module is parsed a second time.
 */
export async function syntaxPosition(url: string, error: SyntaxError): Promise<SyntaxPosition | undefined> {
  const inspector = await import("node:inspector");
  const session = new inspector.Session();
  try {
    session.connect();
    let own = false;
    session.on("Debugger.scriptFailedToParse", ({ params }) => {
      if (params.url.startsWith(url) || params.url === decodeURI(url.replace(/^file:\/\//, ""))) own = true;
    });
    session.post("Debugger.enable");
    await import(`${url}${url.includes("?") ? "&" : "?"}syntax`).catch(() => {});
    const position = detailsOf(session, error);
    return position && { ...position, own };
  } catch {
    // Node was built without the inspector: the message must do.
    return undefined;
  } finally {
    session.disconnect();
  }
}

function detailsOf(session: Session, error: SyntaxError): { line: number; column: number } | undefined {
  const key = "polyproc.syntaxError";
  const place = globalThis as Record<string, unknown>;
  place[key] = error;
  let found: { line: number; column: number } | undefined;
  // Within one process the inspector answers before `post` returns.
  session.post("Runtime.evaluate", { expression: `globalThis[${JSON.stringify(key)}]` }, (_, { result }) => {
    if (result.objectId === undefined) return;
    const post = session.post.bind(session) as (
      method: string,
      params: object,
      done: (error: Error | null, answer: ExceptionAnswer) => void,
    ) => void;
    post("Runtime.getExceptionDetails", { errorObjectId: result.objectId }, (failed, answer) => {
      const details = failed ? undefined : answer.exceptionDetails;
      if (details) found = { line: details.lineNumber + 1, column: details.columnNumber + 1 };
    });
  });
  delete place[key];
  return found;
}

/** `Runtime.getExceptionDetails` is not in Node's types. */
interface ExceptionAnswer {
  exceptionDetails?: { lineNumber: number; columnNumber: number };
}
