import type { FromPage } from "../messages.js";
import type { Filter, Sort } from "../sort-filter.js";

/** The state that the page stores: a hidden page is destroyed. */
export interface Saved {
  /** The panel finds its run again by it after a reload of the window. */
  run: string;
  name: string;
  /** Another server may give the same handle to another run. */
  startedAt: number;
  sort: Sort;
  text: string;
  states: Filter["states"] extends ReadonlySet<infer State> ? State[] : never;
  active: number | null;
  detailsOpen: boolean;
  detailsSize: number | null;
  timelineOpen: boolean;
  timelineSize: number | null;
  scrollTop: number;
}

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

const api = acquireVsCodeApi();

export function tell(message: FromPage): void {
  api.postMessage(message);
}

export function saved(): Partial<Saved> {
  const state = api.getState();
  return typeof state === "object" && state !== null ? state : {};
}

export function save(state: Saved): void {
  api.setState(state);
}
