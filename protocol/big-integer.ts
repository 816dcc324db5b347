/** Longest body of a big integer, in bytes. A longer one is a private value: its decimal text would cost too much. */
export const maxBigIntegerBytes = 1024;

/** Two's complement, the highest byte first, in as few bytes as possible. */
export function bigIntegerToBytes(value: bigint): Uint8Array {
  let bytes = 1;
  while (BigInt.asIntN(8 * bytes, value) !== value) bytes *= 2;
  let hex = BigInt.asUintN(8 * bytes, value)
    .toString(16)
    .padStart(2 * bytes, "0");
  // A byte is not needed if it only repeats the sign of the next.
  const sign = value < 0n ? /^(?:ff)+(?=[89a-f])/ : /^(?:00)+(?=[0-7])/;
  hex = hex.replace(sign, "");
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}

/** The number of such bytes. There must be at least one. */
export function bigIntegerFromBytes(data: Uint8Array): bigint {
  let hex = "0x";
  for (const byte of data) hex += byte.toString(16).padStart(2, "0");
  return BigInt.asIntN(8 * data.length, BigInt(hex));
}
