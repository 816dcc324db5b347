import { closeSync, writeSync } from "node:fs";
import { seqOfPacket, taskPacketBytes as packetBytes, writeTaskPacket } from "../../../protocol/task-packet.js";
import type { WorkerTask } from "../../../protocol/worker.js";
import type { TaskChannel } from "../../engine/processes/spawner.js";
import { readAvailable } from "./read-available.js";

/** Packets that are written or read in one call: as many as a worker has tasks. A FIFO holds 128, or 8 at least. */
const maxPackets = 32;

const buffer = Buffer.allocUnsafeSlow(maxPackets * packetBytes);

/** The server's end of a host's task channel. Writing a task takes about 1 us. */
export class FifoTasks implements TaskChannel {
  #fd: number | null;
  /** `seq` of the tasks that the host had not begun when it exited. */
  #left: number[] = [];

  /** @param fd a FIFO that is open for reading and writing, non-blocking; closed by `hostExited`. */
  constructor(fd: number) {
    this.#fd = fd;
  }

  write(tasks: readonly (WorkerTask | number)[]): number {
    if (this.#fd === null) {
      // The host has exited, but the engine does not know it yet.
      this.#left.push(...tasks.map((task) => (typeof task === "number" ? task : task.seq)));
      return tasks.length;
    }
    const count = Math.min(tasks.length, maxPackets);
    for (let i = 0; i < count; i++) writeTaskPacket(buffer, i * packetBytes, tasks[i]!);
    try {
      // A FIFO that is nearly full takes some of them, but no part of one: a page is a whole number of packets.
      return Math.floor(writeSync(this.#fd, buffer, 0, count * packetBytes) / packetBytes);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EAGAIN") return 0;
      throw error;
    }
  }

  takeBack(max: number): number[] {
    if (max <= 0) return [];
    if (this.#fd === null) return this.#left.splice(0, max);
    return readUpTo(this.#fd, max);
  }

  /** Closes the FIFO. Tasks that were not begun can still be taken back. */
  hostExited(): void {
    if (this.#fd === null) return;
    // A descendant of the host may go on writing: what one read takes is more than the server has written.
    this.#left.push(...readUpTo(this.#fd, maxPackets));
    closeSync(this.#fd);
    this.#fd = null;
  }
}

function readUpTo(fd: number, max: number): number[] {
  const length = readAvailable(fd, buffer.subarray(0, Math.min(max, maxPackets) * packetBytes));
  const seqs: number[] = [];
  for (let at = 0; at < length; at += packetBytes) seqs.push(seqOfPacket(buffer, at));
  return seqs;
}
