import { tell } from "./host.js";
import type { Store } from "./store.js";
import type { Table } from "./table.js";

export interface TableActions {
  openDetails(): void;
  closeDetails(): void;
  /** Moves the focus to the filter; the character was typed in the table. */
  filter(character: string): void;
  focusDetails(): void;
}

/** Keyboard and mouse of the table, as in VS Code's own lists. */
export function listenToTable(grid: HTMLElement, table: Table, store: Store, actions: TableActions): void {
  /** Where a selection with Shift began. */
  let anchor: number | null = null;

  const go = (index: number, event: MouseEvent | KeyboardEvent): void => {
    const toggle = (event.ctrlKey || event.metaKey) && event instanceof MouseEvent;
    if (event.shiftKey) {
      anchor ??= store.active ?? index;
      const [a, b] = [store.shown.indexOf(anchor), store.shown.indexOf(index)];
      if (a >= 0) store.selected = new Set(store.shown.slice(Math.min(a, b), Math.max(a, b) + 1));
      store.activate(index, a >= 0);
    } else if (toggle) {
      if (!store.selected.delete(index)) store.selected.add(index);
      store.activate((anchor = index), true);
    } else {
      store.activate((anchor = index));
    }
    table.reveal();
  };

  const rowOf = (event: Event): number | null => {
    const row = (event.target as Element).closest<HTMLElement>("[data-index]");
    return row ? Number(row.dataset["index"]) : null;
  };

  const openMenu = (event: MouseEvent): void => {
    const row = store.active === null ? null : document.getElementById(`row-${store.active}`);
    event.preventDefault();
    event.stopPropagation();
    if (!row) return;
    const { left, bottom } = row.getBoundingClientRect();
    row.dispatchEvent(
      new MouseEvent("contextmenu", { bubbles: true, cancelable: true, clientX: left + 24, clientY: bottom - 2 }),
    );
  };

  grid.addEventListener("click", (event) => {
    const index = rowOf(event);
    if (index === null) return;
    go(index, event);
    if (!event.shiftKey && !event.ctrlKey && !event.metaKey) actions.openDetails();
  });
  grid.addEventListener("contextmenu", (event) => {
    const index = rowOf(event);
    if (index === null) {
      // The keyboard opens the menu of the grid, which has the focus: it is the menu of the active row.
      if (event.target === grid && event.button !== 2) openMenu(event);
      return;
    }
    if (!store.selected.has(index)) store.activate((anchor = index));
    tell({ type: "menu", indexes: store.selection() });
  });
  grid.addEventListener("dblclick", (event) => {
    const index = rowOf(event);
    if (index !== null && store.rows[index]?.file) tell({ type: "openFile", index });
  });

  grid.addEventListener("keydown", (event) => {
    // Headings are buttons of their own.
    if (event.target !== grid) return;
    if (!handle(event)) return;
    event.preventDefault();
    event.stopPropagation();
  });

  function handle(event: KeyboardEvent): boolean {
    const command = event.ctrlKey || event.metaKey;
    const { shown } = store;
    const at = store.active === null ? -1 : shown.indexOf(store.active);
    const move = (position: number): boolean => {
      const index = shown[Math.max(0, Math.min(shown.length - 1, position))];
      if (index !== undefined) go(index, event);
      return true;
    };
    switch (event.key) {
      case "ArrowDown":
        return move(at + 1);
      case "ArrowUp":
        return move(at < 0 ? 0 : at - 1);
      case "PageDown":
        return move(at + table.page);
      case "PageUp":
        return move(at - table.page);
      case "Home":
        return move(0);
      case "End":
        return move(shown.length - 1);
      case "Enter":
        if (store.active === null) return false;
        if (command && store.rows[store.active]?.file) tell({ type: "openFile", index: store.active });
        else if (store.detailsOpen) actions.focusDetails();
        else actions.openDetails();
        return true;
      case "Escape":
        if (store.detailsOpen) actions.closeDetails();
        else if (store.text !== "" || store.states.size > 0) store.setFilter("", new Set());
        else return false;
        return true;
    }
    if (command && !event.altKey) {
      switch (event.key.toLowerCase()) {
        case "a":
          store.selected = new Set(shown);
          store.changed();
          return true;
        case "c":
          if (store.selected.size > 0) tell({ type: "copy", indexes: store.selection() });
          return true;
        case "f":
          actions.filter("");
          return true;
      }
      return false;
    }
    if (event.key.length === 1 && event.key !== " " && !event.altKey && !event.isComposing) {
      actions.filter(event.key);
      return true;
    }
    return false;
  }
}
