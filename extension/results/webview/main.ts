/**
 * The page of a results panel: builds it, takes the panel's messages, and draws once for each frame in which something
 * changed.
 */
import { translateWith } from "../../l10n.js";
import type { ToPage } from "../messages.js";
import { Details } from "./details.js";
import { save, saved, tell } from "./host.js";
import { defineIcons } from "./icons.js";
import { Layout } from "./layout.js";
import { Store } from "./store.js";
import { Summary } from "./summary.js";
import { Table } from "./table.js";
import { listenToTable } from "./table-input.js";
import { Timeline } from "./timeline.js";
import { Toolbar } from "./toolbar.js";
import "./styles/page.css";
import "./styles/table.css";
import "./styles/timeline.css";
import "./styles/details.css";

/** Milliseconds between two drawings of running clocks. */
const tickMs = 250;

translateWith(JSON.parse(document.getElementById("page")!.dataset["texts"]!) as Record<string, string>);
const before = saved();
let frame = 0;
const schedule = (): void => {
  frame ||= requestAnimationFrame(draw);
};
const store = new Store(schedule, before);
const layout = new Layout(before, {
  toggled: schedule,
  zoomIn: () => timeline.zoomBy(1.5),
  zoomOut: () => timeline.zoomBy(1 / 1.5),
  fit: () => timeline.fit(),
  naturalTimeline: () => timeline.naturalHeight,
});
const table = new Table(layout.grid, store);
const timeline = new Timeline(layout.lanes, layout.tip, store, showInTable);
const toolbar = new Toolbar(layout.toolbar, store, () => table.focus());
const summary = new Summary(layout.summary, layout.live, store);
const details = new Details(layout.details, store, closeDetails);
listenToTable(layout.grid, table, store, {
  openDetails,
  closeDetails,
  filter: (character) => toolbar.type(character),
  focusDetails: () => details.focus(),
});
defineIcons();

let lookedAt: number | null = null;
let shownActive: number | null = null;
let restoredScroll = before.scrollTop === undefined;

function draw(): void {
  frame = 0;
  // If the order of the rows was deferred, the next tick tries again.
  store.order();
  timeline.measure();
  summary.update(timeline.utilisation);
  toolbar.update();
  table.update();
  if (!restoredScroll && store.shown.length > 0) {
    restoredScroll = true;
    table.scrollTo(before.scrollTop ?? 0);
  }
  details.update();
  layout.update(store, timeline.layout.utilisation);
  timeline.update();
  look();
  remember();
}

/** Requests the details of the item, and shows the item in the timeline. */
function look(): void {
  if (store.active !== shownActive) {
    shownActive = store.active;
    const place = shownActive === null ? null : timeline.find(shownActive);
    if (place) timeline.reveal(place.block, place.lane);
  }
  const index = store.detailsOpen ? store.active : null;
  if (index === lookedAt) return;
  lookedAt = index;
  store.detail = null;
  store.output = null;
  tell({ type: "look", index });
}

function openDetails(): void {
  store.detailsOpen = true;
  store.changed();
  // The pane takes room from the table.
  requestAnimationFrame(() => table.reveal());
}

function closeDetails(): void {
  store.detailsOpen = false;
  table.focus();
  store.changed();
}

/** Shows the row. If the filter hides it, the filter is cleared. */
function showInTable(index: number): void {
  store.order();
  if (!store.shown.includes(index)) store.setFilter("", new Set());
  store.activate(index);
  openDetails();
  table.reveal();
}

let remembered = "";

function remember(): void {
  if (!store.run) return;
  const state = {
    run: store.run.id,
    name: store.run.name,
    startedAt: store.run.startedAt,
    sort: store.sort,
    text: store.text,
    states: [...store.states],
    active: store.active,
    detailsOpen: store.detailsOpen,
    ...layout.sizes(),
    scrollTop: table.scrollTop,
  };
  const text = JSON.stringify(state);
  if (text === remembered) return;
  remembered = text;
  save(state);
}

window.addEventListener("message", ({ data }: MessageEvent<ToPage>) => {
  switch (data.type) {
    case "run":
      store.setRun(data.run, data.now);
      break;
    case "rows":
      store.setRows(data.rows);
      break;
    case "detail":
      store.detail = data.detail;
      schedule();
      break;
    case "output":
      store.output = data;
      schedule();
      break;
    case "focus":
      if (data.index !== undefined) showInTable(data.index);
      if (data.part === "timeline") layout.openTimeline();
      requestAnimationFrame(() => (data.part === "timeline" ? layout.lanes : layout.grid).focus());
      break;
    case "gone":
      layout.showGone(data.text);
      break;
  }
});

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "f") {
    toolbar.type("");
    event.preventDefault();
  }
});

setInterval(() => {
  if (store.live || !store.order()) schedule();
}, tickMs);
schedule();
tell({ type: "ready" });
