import type { WaitInfo } from "../../protocol/waits.js";

export function waitsBySession(waits: readonly WaitInfo[]): Map<string, WaitInfo[]> {
  const bySession = new Map<string, WaitInfo[]>();
  for (const wait of waits) {
    const own = bySession.get(wait.session);
    if (own) own.push(wait);
    else bySession.set(wait.session, [wait]);
  }
  return bySession;
}
