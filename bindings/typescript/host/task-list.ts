import type { WorkerTask } from "../../../protocol/worker.js";
import type { TaskChannel, TaskPacket } from "./task-channel.js";

/** What of the channel the list uses. */
export type Packets = Pick<TaskChannel, "read" | "want">;

/** Tasks that the host may begin. With a task channel, those of `worker/run` are the ones that their packets name. */
export class TaskList {
  readonly #channel: Packets | null;
  readonly #isKnown: (target: number) => boolean;
  #sent: WorkerTask[] = [];
  #head = 0;
  /** A packet was read whose task, or its target, has not come yet. */
  #begun: TaskPacket | null = null;

  constructor(channel: Packets | null, isKnown: (target: number) => boolean) {
    this.#channel = channel;
    this.#isKnown = isKnown;
  }

  /** Tasks of `worker/run`. */
  add(tasks: readonly WorkerTask[]): void {
    for (const task of tasks) this.#sent.push(task);
  }

  /** The channel's next packet. */
  take(packet: TaskPacket): void {
    this.#begun = packet;
  }

  /**
   * The next task to run. The server can no longer take it back. Null if there is none now: the channel's next packet
   * is wanted. `look`: null means that there is none at all.
   */
  next(look: boolean): WorkerTask | null {
    if (!this.#channel) return this.#shift();
    if (!this.#begun && (look || this.#head < this.#sent.length)) this.#begun = this.#channel.read();
    if (!this.#begun) {
      // Packets come before what they name, so the server has taken these back.
      this.#clear();
      this.#channel.want();
      return null;
    }
    const task = this.#named(this.#begun);
    if (!task || !this.#isKnown(task.target)) return null;
    this.#begun = null;
    return task;
  }

  get isEmpty(): boolean {
    return this.#begun === null && this.#head === this.#sent.length;
  }

  #named(packet: TaskPacket): WorkerTask | null {
    if (packet.items !== undefined) return packet;
    while (this.#head < this.#sent.length && this.#sent[this.#head]!.seq < packet.seq) this.#shift();
    if (this.#sent[this.#head]?.seq !== packet.seq) return null;
    return (this.#begun = this.#shift());
  }

  #shift(): WorkerTask | null {
    const task = this.#sent[this.#head];
    if (!task) return null;
    this.#sent[this.#head++] = undefined as never;
    if (this.#head === this.#sent.length) this.#clear();
    else if (this.#head >= 64 && this.#head * 2 > this.#sent.length) {
      this.#sent = this.#sent.slice(this.#head);
      this.#head = 0;
    }
    return task;
  }

  #clear(): void {
    this.#sent = [];
    this.#head = 0;
  }
}
