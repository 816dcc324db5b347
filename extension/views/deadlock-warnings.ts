import * as vscode from "vscode";
import type { DeadlockInfo } from "../../protocol/events.js";
import { snapshotOf } from "./snapshot-of.js";
import { deadlockId, describeCycle } from "./sync/deadlock-row.js";
import type { ViewParts } from "./view-parts.js";
import { t } from "../l10n.js";

/** Warns of each deadlock once. */
export class DeadlockWarnings {
  readonly #parts: ViewParts;
  /** Deadlocks that exist and were reported. Another server may use the id of a resolved one again. */
  #told: ReadonlySet<string> = new Set();

  constructor(parts: ViewParts) {
    this.#parts = parts;
    this.look();
  }

  look(): void {
    const { deadlocks } = this.#parts.model;
    const news = [...deadlocks.values()].filter(({ deadlock }) => !this.#told.has(deadlock));
    this.#told = new Set(deadlocks.keys());
    for (const deadlock of news) void this.#warn(deadlock);
  }

  async #warn(deadlock: DeadlockInfo): Promise<void> {
    const { log, sync } = this.#parts;
    const cycle = describeCycle(deadlock, snapshotOf(this.#parts));
    log.warn(`Deadlock ${deadlock.deadlock}: ${cycle}`);
    const [show, breakIt] = [t("Show"), t("Break…")];
    const chosen = await vscode.window.showWarningMessage(t("Deadlock: {0}.", cycle), show, breakIt);
    if (chosen === show) await sync.reveal(deadlockId(deadlock.deadlock));
    else if (chosen === breakIt) await vscode.commands.executeCommand("polyproc.breakDeadlock", deadlock.deadlock);
  }
}
