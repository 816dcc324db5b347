/** Numbers from 1 for items that run at a time. An item gets the lowest free one. */
export class Slots {
  readonly #of = new Map<number, number>();
  readonly #taken = new Set<number>();

  take(index: number): number {
    let slot = 1;
    while (this.#taken.has(slot)) slot++;
    this.#taken.add(slot);
    this.#of.set(index, slot);
    return slot;
  }

  giveBack(index: number): void {
    const slot = this.#of.get(index);
    if (slot === undefined) return;
    this.#of.delete(index);
    this.#taken.delete(slot);
  }
}
