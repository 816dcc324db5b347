import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { closeSync, fstatSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { UsageError } from "./usage-error.js";

/** Compares a client's token in constant time, so that the time tells nothing about the token. */
export type TokenCheck = (given: string | undefined) => boolean;

export function tokenCheck(token: string): TokenCheck {
  const expected = digest(token);
  return (given) => given !== undefined && timingSafeEqual(digest(given), expected);
}

/**
 * The token in the file. If the file is missing, creates it with a random token of 256 bits, readable by its owner
 * only. Fails with UsageError if other users may read the file, or it is empty.
 */
export function loadToken(file: string): string {
  try {
    const fd = openSync(file, "wx", 0o600);
    try {
      return writeToken(fd);
    } catch (error) {
      // The disk is full. Remove the file: an empty one would be refused at the next start.
      rmSync(file, { force: true });
      throw error;
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST")
      throw new UsageError(`--token-file: ${(error as Error).message}`);
  }
  return readToken(file);
}

function writeToken(fd: number): string {
  const token = randomBytes(32).toString("base64url");
  const line = `${token}\n`;
  const written = writeSync(fd, line);
  if (written < line.length)
    throw new Error(`only ${written} of ${line.length} bytes could be written: is the disk full?`);
  return token;
}

function readToken(file: string): string {
  let fd: number;
  try {
    fd = openSync(file, "r");
  } catch (error) {
    throw new UsageError(`--token-file: ${(error as Error).message}`);
  }
  try {
    const { mode, uid } = fstatSync(fd);
    const mine = process.getuid?.();
    if (mine !== undefined) {
      if (uid !== mine)
        throw new UsageError(`--token-file: ${file} belongs to another user (uid ${uid}); use a file of your own`);
      if ((mode & 0o077) !== 0)
        throw new UsageError(
          `--token-file: others may read ${file} (mode ${(mode & 0o777).toString(8)}): chmod 600 it, ` +
            "and change the token, which they may have seen",
        );
    }
    const token = readFileSync(fd, "utf8").trim();
    if (token === "") throw new UsageError(`--token-file: ${file} is empty; delete it to have one made`);
    return token;
  } finally {
    closeSync(fd);
  }
}

function digest(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
