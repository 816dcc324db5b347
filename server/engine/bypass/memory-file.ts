/**
 * A file of memory that the server holds open and processes of the same machine and user open by its path. `server/os`
 * implements this interface; tests have a fake.
 */
export interface MemoryFile {
  readonly path: string;
  /** `DEVICE:INODE`, in decimals. */
  readonly inode: string;
  readonly bytes: number;
  /**
   * Writes the data, then zeros, so that every page exists. Resolves to false if there is no room for them, or the file
   * was closed.
   */
  fill(data: Uint8Array): Promise<boolean>;
  /** Copies bytes from `offset` on. */
  read(offset: number, length: number): Uint8Array;
  /** Processes that have opened the file keep it. A second call does nothing. */
  close(): void;
}

/**
 * Null if no file of this size can be made that other processes can open. `inMemory`: it may not be on a disk, and as
 * much must stay free.
 */
export type OpenMemory = (bytes: number, inMemory: boolean) => MemoryFile | null;
