/**
 * The page in which the server and its clients keep one word for each lock, so that a free lock costs no message. All
 * fields are 32-bit integers in the machine's byte order, and each is read and written in one step. The numbers below
 * are indexes of such integers. `protocol/SPEC.md` has the rules, `native/` the same layout in C.
 */
export const pageVersion = 2;
/** Where the version is, and a number by which a client checks the byte order. */
export const versionAt = 0;
export const orderAt = 1;
export const orderMark = 0x01020304;
/** The living sessions: a session's number at `livingAt + number % livingPlaces`; 0 if it has ended. */
export const livingAt = 1024;
export const livingPlaces = 4096;
/** The first cell. A cell is 64 bytes, so two locks share no cache line. */
export const cellsAt = livingAt + livingPlaces;
export const cellLength = 16;
export const cellCount = 4095;
export const pageBytes = (cellsAt + cellLength * cellCount) * 4;

/**
 * In a cell: the word; how many more times its holder has acquired the lock (an RLock), see `depthOf`; and how many
 * times the lock was acquired by its word. The holder writes the last two.
 */
export const wordIn = 0;
export const depthIn = 1;
export const takenIn = 2;

/** The bit of a word that leaves the lock to the server. As a signed integer, such a word is negative. */
export const asks = 1 << 31;
/** A holder is `number << ownerBits | owner`: the number of its session, and of the owner inside the session. */
export const ownerBits = 15;
export const lastOwner = (1 << ownerBits) - 1;
export const lastSession = (1 << 16) - 1;

export function partyOf(session: number, owner: number): number {
  return (session << ownerBits) | owner;
}

const depthBits = 16;
/** The largest depth. */
export const lastDepth = (1 << depthBits) - 1;

/**
 * What a depth says of a holder of this session: 0 if another session wrote it. A depth names its session, so a session
 * that has ended can no longer change the depth of the next holder: it swaps what it read while it held the lock.
 */
export function depthOf(written: number, session: number): number {
  return written >>> depthBits === session ? written & lastDepth : 0;
}

export function depthFor(session: number, depth: number): number {
  return (session << depthBits) | depth;
}

/** The number of an owner: `""` is 0, `p7` is 7. Null: an owner of this name takes locks by messages alone. */
export function ownerNumber(owner: string): number | null {
  if (owner === "") return 0;
  const number = /^p[1-9]\d{0,4}$/.test(owner) ? Number(owner.slice(1)) : 0;
  return number > 0 && number <= lastOwner ? number : null;
}

export function ownerName(number: number): string {
  return number === 0 ? "" : `p${number}`;
}
