import { fstatSync, readSync } from "node:fs";
import { Socket, type SocketConstructorOpts } from "node:net";
import { taskPacketBytes as packetBytes } from "../../../protocol/task-packet.js";
import type { WorkerTask } from "../../../protocol/worker.js";
import { decodeMessage } from "../../../server/ipc/framing/decoder.js";
import { receivedBlock } from "../../../server/ipc/framing/received-block.js";

const tasksFd = 4;
const headBytes = 3;

/** A packet: a task, or the `seq` of one that comes in `worker/run`. */
export type TaskPacket = WorkerTask | (Pick<WorkerTask, "seq"> & { items?: undefined });

/**
 * The host's end of its task channel. Host and server both read it, so each packet reaches exactly one of them. If the
 * host reads it, the host runs the task. If the server reads it, the server has taken the task back.
 */
export class TaskChannel {
  readonly #packet = Buffer.alloc(packetBytes);
  #socket: Socket | null = null;
  #isWanted = false;
  #take: (packet: TaskPacket) => void = () => {};

  /** Called with each packet that comes after `want`. */
  onPacket(take: (packet: TaskPacket) => void): void {
    this.#take = take;
  }

  /** One packet is wanted: it is read when it is there. While none is wanted, the server can take packets back. */
  want(): void {
    this.#isWanted = true;
    this.#socket ??= this.#open();
    this.#socket.resume();
  }

  /** The next packet, if it is there now. */
  read(): TaskPacket | null {
    // One packet at a time: the socket must not read another one.
    if (this.#isWanted) this.#socket!.pause();
    this.#isWanted = false;
    try {
      return parse(this.#packet, readSync(tasksFd, this.#packet));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EAGAIN") return null;
      throw error;
    }
  }

  /** A socket whose `onread` returns false stops after one packet. */
  #open(): Socket {
    const onread = {
      buffer: new Uint8Array(packetBytes),
      callback: (length: number, buffer: Uint8Array) => {
        this.#isWanted = false;
        this.#take(parse(buffer, length));
        return this.#isWanted;
      },
    };
    // The types know `onread` only as an option of `connect`; the constructor takes it as well.
    const socket = new Socket({ fd: tasksFd, readable: true, writable: false, onread } as SocketConstructorOpts);
    socket.on("error", () => {});
    socket.unref();
    return socket;
  }
}

function parse(packet: Uint8Array, length: number): TaskPacket {
  const end = headBytes + (packet[1]! | (packet[2]! << 8));
  if (length !== packetBytes || end > length) throw new Error(`${length} bytes in the task channel are no packet`);
  // A copy: the next packet overwrites this one.
  return decodeMessage(Buffer.from(packet.subarray(headBytes, end)), 0, end - headBytes, receivedBlock) as TaskPacket;
}

/** Null if the server made no channels for this host: then it runs every task that it receives. */
export function openTaskChannel(): TaskChannel | null {
  try {
    // As bigint: a plain fstat leaves its numbers in a shared buffer, which Node's module loader later mistakes for
    // those of a symbolic link.
    return fstatSync(tasksFd, { bigint: true }).isFIFO() ? new TaskChannel() : null;
  } catch {
    return null;
  }
}
