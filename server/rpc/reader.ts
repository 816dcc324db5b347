import {
  AbstractMessageReader,
  type DataCallback,
  type Disposable,
  type Message,
  type MessageReader,
} from "vscode-jsonrpc/node";

/** Hands messages that the door has read and checked to vscode-jsonrpc. */
export class DoorReader extends AbstractMessageReader implements MessageReader {
  #callback: DataCallback = () => {};

  listen(callback: DataCallback): Disposable {
    this.#callback = callback;
    return { dispose: () => (this.#callback = () => {}) };
  }

  deliver(message: Message): void {
    this.#callback(message);
  }

  close(): void {
    this.fireClose();
  }
}
