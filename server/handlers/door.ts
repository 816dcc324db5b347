import type { Backlog } from "./backlog.js";

/** What both doors do alike as the engine's `Peer`: back-pressure in both directions. */
export abstract class Door {
  protected abstract readonly backlog: Backlog;

  backlogBytes(): number {
    return this.backlog.bytes;
  }

  onDrain(listener: () => void): void {
    this.backlog.onDrain(listener);
  }

  pauseReading(): void {
    this.backlog.pauseReading();
  }

  resumeReading(): void {
    this.backlog.resumeReading();
  }
}
