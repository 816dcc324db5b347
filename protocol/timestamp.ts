/** A moment: whole seconds since 1970-01-01T00:00:00Z (an int64), and 0 … 999,999,999 nanoseconds after them. */
export interface Timestamp {
  seconds: bigint;
  nanoseconds: number;
}

const pattern = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;
/** Years that RFC 3339 cannot write: `@SECONDS` or `@SECONDS.FRACTION`, the fraction counted forwards. */
const farPattern = /^@(-?\d{1,19})(?:\.(\d{1,9}))?$/;

const firstSecond = -62_167_219_200n; // 0000-01-01T00:00:00Z
const lastSecond = 253_402_300_799n; // 9999-12-31T23:59:59Z

/**
 * `2026-01-31T12:00:00.5Z`: RFC 3339 in UTC, without trailing zeros; `@SECONDS.FRACTION` outside the years 0000 … 9999.
 */
export function formatTimestamp({ seconds, nanoseconds }: Timestamp): string {
  const fraction = nanoseconds === 0 ? "" : `.${String(nanoseconds).padStart(9, "0").replace(/0+$/, "")}`;
  if (seconds < firstSecond || seconds > lastSecond) return `@${seconds}${fraction}`;
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}${fraction}Z`;
}

/** Any RFC 3339 time with up to 9 digits of fraction, or `@SECONDS.FRACTION`; undefined for anything else. */
export function parseTimestamp(text: string): Timestamp | undefined {
  const far = farPattern.exec(text);
  if (far) {
    const seconds = BigInt(far[1]!);
    if (BigInt.asIntN(64, seconds) !== seconds) return undefined;
    return { seconds, nanoseconds: nanosecondsOf(far[2]) };
  }
  const match = pattern.exec(text);
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const offsetHours = Number(match[9] ?? 0);
  const offsetMinutes = Number(match[10] ?? 0);
  if (offsetHours > 23 || offsetMinutes > 59) return undefined;
  const offset = (offsetHours * 60 + offsetMinutes) * (match[8] === "-" ? -60 : 60);
  return {
    seconds: BigInt(date.getTime() / 1000 + hour * 3600 + minute * 60 + second - offset),
    nanoseconds: nanosecondsOf(match[7]),
  };
}

function nanosecondsOf(fraction: string | undefined): number {
  return fraction === undefined ? 0 : Number(fraction.padEnd(9, "0"));
}

/** Body of msgpack's extension -1, in the shortest of its three forms. */
export function timestampToBytes({ seconds, nanoseconds }: Timestamp): Uint8Array {
  if (seconds >= 0n && seconds < 1n << 34n) {
    if (nanoseconds === 0 && seconds < 1n << 32n) {
      const body = new Uint8Array(4);
      new DataView(body.buffer).setUint32(0, Number(seconds));
      return body;
    }
    const body = new Uint8Array(8);
    new DataView(body.buffer).setBigUint64(0, (BigInt(nanoseconds) << 34n) | seconds);
    return body;
  }
  const body = new Uint8Array(12);
  const view = new DataView(body.buffer);
  view.setUint32(0, nanoseconds);
  view.setBigInt64(4, seconds);
  return body;
}

/** Undefined when the body is none of the three forms. */
export function timestampFromBytes(body: Uint8Array): Timestamp | undefined {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  if (body.length === 4) return { seconds: BigInt(view.getUint32(0)), nanoseconds: 0 };
  if (body.length === 8) {
    const bits = view.getBigUint64(0);
    return checked({ seconds: bits & ((1n << 34n) - 1n), nanoseconds: Number(bits >> 34n) });
  }
  if (body.length === 12) return checked({ seconds: view.getBigInt64(4), nanoseconds: view.getUint32(0) });
  return undefined;
}

function checked(timestamp: Timestamp): Timestamp | undefined {
  return timestamp.nanoseconds < 1_000_000_000 ? timestamp : undefined;
}
