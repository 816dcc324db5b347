import type { StoredEntry, StoredSettings } from "../../../protocol/batch-record.js";

/** `null`: it is on the disk. */
export type Stored = (error: Error | null) => void;

/** The files of the batch queue. This server alone has them open. Changes of one entry are stored in order. */
export interface BatchStore {
  readonly folder: string;
  /** What is stored. Damaged files are set aside; `notices` says where. */
  read(): { entries: StoredEntry[]; settings: StoredSettings | null; notices: string[] };
  saveEntry(entry: StoredEntry, stored: Stored): void;
  saveSettings(settings: StoredSettings, stored: Stored): void;
  /** Removes an entry and its log. */
  removeEntry(entry: number, stored: Stored): void;
  /** Begins a log anew. Throws if the operating system refuses. */
  openLog(entry: number): BatchLog;
  /** Up to `maxBytes` bytes of a log; none if there is no log. `from` negative: counted from its end. */
  readLog(entry: number, from: number, maxBytes: number): { data: Uint8Array; from: number; end: number };
  /** Lets other servers have the files, once all changes are stored. */
  close(): Promise<void>;
}

/** The log of one start. The methods throw if the operating system refuses. */
export interface BatchLog {
  append(data: Uint8Array): void;
  close(): void;
}
