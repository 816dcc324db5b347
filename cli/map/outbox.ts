import type { TaskInput } from "../../protocol/job.js";

const maxMessageTasks = 256;
/** Bytes of items after which a message, or a chunk, is full. */
export const maxMessageBytes = 1024 * 1024;

/** Tasks that go to the server in one message: those of one turn, up to the size of a message. */
export class Outbox {
  readonly #submit: (tasks: TaskInput[]) => void;
  #tasks: TaskInput[] = [];
  #bytes = 0;

  constructor(submit: (tasks: TaskInput[]) => void) {
    this.#submit = submit;
  }

  add(task: TaskInput, bytes: number): void {
    if (this.#tasks.length === 0) setImmediate(() => this.send());
    this.#tasks.push(task);
    this.#bytes += bytes;
    if (this.#tasks.length >= maxMessageTasks || this.#bytes >= maxMessageBytes) this.send();
  }

  send(): void {
    const tasks = this.take();
    if (tasks.length > 0) this.#submit(tasks);
  }

  /** Returns the tasks that were not sent. They stay unsent. */
  take(): TaskInput[] {
    const tasks = this.#tasks;
    this.#tasks = [];
    this.#bytes = 0;
    return tasks;
  }
}
