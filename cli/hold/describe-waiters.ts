const shown = 5;

/** `held by client s3; 2 wait`. The caller is one of the waiters. */
export function describeWaiters(holders: readonly string[], waiters: number): string {
  const names =
    holders.slice(0, shown).join(", ") + (holders.length > shown ? ` and ${holders.length - shown} more` : "");
  const held = holders.length === 0 ? "it is being handed over" : `held by client ${names}`;
  return waiters > 1 ? `${held}; ${waiters} wait` : held;
}
