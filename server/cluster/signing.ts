import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { PolyprocError } from "../../protocol/errors.js";

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Signs what clients and agents write into the store, with a key that both have. */
export class Signer {
  readonly #key: Buffer | null;

  private constructor(key: Buffer | null) {
    this.#key = key;
  }

  /** `keyFile` null: nothing is signed, and nothing is checked. Throws InvalidParams if the file cannot be used. */
  static of(keyFile: string | null): Signer {
    return new Signer(keyFile === null ? null : readKey(keyFile));
  }

  /** There is a key. */
  get signs(): boolean {
    return this.#key !== null;
  }

  /**
   * The record with its signature. `place`: where it belongs, such as the cluster, the pool and the pack, so that it is
   * valid nowhere else.
   */
  sign<T extends object>(place: string, record: T): T & { sig?: string } {
    return this.#key === null ? record : { ...record, sig: this.#signature(place, record) };
  }

  /** Whether the record was signed with this key, for this place. */
  accepts(place: string, record: object & { sig?: string | undefined }): boolean {
    if (this.#key === null) return true;
    const { sig, ...rest } = record;
    if (sig === undefined) return false;
    const [given, expected] = [Buffer.from(sig), Buffer.from(this.#signature(place, rest))];
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  #signature(place: string, record: object): string {
    return createHmac("sha256", this.#key!).update(place).update("\0").update(canonical(record)).digest("base64");
  }
}

export function specPlace(cluster: string, pool: string, job: number): string {
  return `${cluster}/${pool}/job:${job}`;
}

export function packPlace(cluster: string, pool: string, jobId: string): string {
  return `${cluster}/${pool}/${jobId}`;
}

export function resultPlace(cluster: string, pool: string, jobId: string): string {
  return `${cluster}/${pool}/${jobId}/result`;
}

/** JSON with the members of every object in the order of their names, since readers may order them differently. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

const minKeyBytes = 16;

function readKey(file: string): Buffer {
  try {
    const { mode } = statSync(file);
    if (process.platform !== "win32" && (mode & 0o077) !== 0) throw new Error("other users can read it; chmod 600 it");
    const key = Buffer.from(readFileSync(file, "utf8").trim());
    if (key.length < minKeyBytes) throw new Error(`it has ${key.length} bytes; expected ${minKeyBytes} or more`);
    return key;
  } catch (error) {
    throw new PolyprocError("InvalidParams", `the key file ${file} cannot be used: ${(error as Error).message}`);
  }
}
