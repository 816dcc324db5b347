/**
 * Keeps rows in their places: a new row takes the place of a removed one. So with thousands of short tasks only the
 * changed rows move.
 */
export class Slots {
  readonly #places = new Map<string, (string | null)[]>();

  /** Returns these rows, with each that was there before in its previous place. */
  arrange(group: string, present: readonly string[]): string[] {
    const places = this.#places.get(group) ?? [];
    const newcomers = new Set(present);
    let free = 0;
    places.forEach((id, place) => {
      if (id !== null && !newcomers.delete(id)) places[place] = null;
    });
    for (const id of newcomers) {
      while (free < places.length && places[free] !== null) free++;
      places[free++] = id;
    }
    while (places.length > 0 && places.at(-1) === null) places.pop();
    this.#places.set(group, places);
    return places.filter((id) => id !== null);
  }

  /** Forgets the groups that are not among these. */
  keep(groups: ReadonlySet<string>): void {
    for (const group of this.#places.keys()) if (!groups.has(group)) this.#places.delete(group);
  }
}
