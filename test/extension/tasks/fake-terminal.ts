import assert from "node:assert/strict";
import { Screen } from "../../../extension/tasks/screen.js";

/** A terminal that answers when it is told to. */
export class FakeTerminal {
  readonly screen: Screen;
  readonly written: string[] = [];
  questions = 0;
  answering = true;
  /** How much came since it was last asked, at most. */
  mostUnread = 0;
  #unread = 0;

  constructor() {
    this.screen = new Screen((data) => this.#receive(data));
  }

  get text(): string {
    return this.written.join("");
  }

  /** Lines as a problem matcher gets them: those that were completed. */
  get lines(): string[] {
    const completed = this.text.split("\r\n").slice(0, -1);
    return completed.map((line) => (line.split("\r\x1b[2K").at(-1) ?? "").replaceAll(/\x1b\[[0-9;?]*[a-zA-Z]/g, ""));
  }

  answer(): void {
    assert.equal(this.screen.input("\x1b[0n"), "");
  }

  #receive(data: string): void {
    if (data !== "\x1b[5n") {
      this.written.push(data);
      this.#unread += data.length;
      this.mostUnread = Math.max(this.mostUnread, this.#unread);
      return;
    }
    this.questions++;
    this.#unread = 0;
    if (this.answering) setImmediate(() => this.answer());
  }
}
