import type { RowState } from "../../runs/run.js";
import { formatMs, formatPercent } from "../format.js";
import { marksOf, ticks, type Block, type Lane, type Timeline, type Window } from "../timeline-layout.js";
import { t } from "../../l10n.js";
import type { Theme } from "./theme.js";

/** Pixels of the page. */
export const geometry = { lane: 20, block: 15, axis: 20, gutter: 104 } as const;

export interface Picture {
  timeline: Timeline;
  window: Window;
  /** Pixels of the canvas. */
  width: number;
  height: number;
  /** How far the lanes are scrolled. */
  top: number;
  theme: Theme;
  hovered: Block | null;
  selected: ReadonlySet<number>;
  labelOf(index: number): string;
}

/** Draws the visible part, in CSS pixels. The caller has scaled the context to the pixels of the screen. */
export function paint(context: CanvasRenderingContext2D, picture: Picture): void {
  const { width, height, theme, timeline } = picture;
  context.clearRect(0, 0, width, height);
  context.font = `11px ${theme.font}`;
  context.textBaseline = "middle";
  paintAxis(context, picture);
  context.save();
  context.beginPath();
  context.rect(0, geometry.axis, width, height - geometry.axis);
  context.clip();
  const first = Math.floor(picture.top / geometry.lane);
  const last = Math.min(timeline.lanes.length, Math.ceil((picture.top + height) / geometry.lane));
  for (let n = first; n < last; n++) {
    paintLane(context, picture, timeline.lanes[n]!, geometry.axis + n * geometry.lane - picture.top);
  }
  context.restore();
}

function paintAxis(context: CanvasRenderingContext2D, { timeline, window, width, height, theme }: Picture): void {
  context.textAlign = "left";
  for (const { atMs, x } of ticks(window, timeline.from, width - geometry.gutter, 80)) {
    const left = Math.round(geometry.gutter + x) + 0.5;
    context.strokeStyle = theme.axis;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(left, 4);
    context.lineTo(left, height);
    context.stroke();
    context.fillStyle = theme.faint;
    context.fillText(atMs === 0 ? "0" : formatMs(atMs), left + 4, geometry.axis / 2);
  }
}

function paintLane(context: CanvasRenderingContext2D, picture: Picture, lane: Lane, y: number): void {
  const { timeline, window, width, theme } = picture;
  const length = timeline.to - timeline.from;
  const middle = y + geometry.lane / 2;
  context.fillStyle = lane.pids.length === 0 ? theme.faint : theme.text;
  context.textAlign = "left";
  context.fillText(laneName(lane), 12, middle, geometry.gutter - 56);
  context.fillStyle = theme.faint;
  context.textAlign = "right";
  context.fillText(formatPercent(length > 0 ? Math.min(1, lane.busyMs / length) : 0), geometry.gutter - 10, middle);

  context.save();
  context.beginPath();
  context.rect(geometry.gutter, y, width - geometry.gutter, geometry.lane);
  context.clip();
  const top = y + (geometry.lane - geometry.block) / 2;
  context.fillStyle = theme.track;
  context.fillRect(geometry.gutter, top, width - geometry.gutter, geometry.block);
  let last: RowState | null = null;
  for (const mark of marksOf(lane.blocks, window, width - geometry.gutter)) {
    if (mark.state !== last) context.fillStyle = theme.fill[(last = mark.state)];
    const x = geometry.gutter + mark.x;
    // A narrow gap between neighbours, if there is room for it.
    const wide = mark.width > 3 ? mark.width - 1 : mark.width;
    // Failures stand out by more than their colour: they are taller.
    const taller = mark.state === "failed" || mark.state === "lost" ? 2 : 0;
    context.fillRect(x, top - taller, wide, geometry.block + 2 * taller);
    if (mark.index === null) continue;
    if (picture.selected.has(mark.index)) outline(context, x, top, wide, theme.focus, 2);
    else if (picture.hovered?.index === mark.index) outline(context, x, top, wide, theme.text, 1);
    if (wide > 60)
      paintName(
        context,
        picture,
        mark.index,
        mark.state,
        Math.max(x, geometry.gutter),
        middle,
        Math.min(x + wide, width) - Math.max(x, geometry.gutter),
      );
  }
  context.restore();
}

function outline(
  context: CanvasRenderingContext2D,
  x: number,
  top: number,
  width: number,
  colour: string,
  thickness: number,
): void {
  context.strokeStyle = colour;
  context.lineWidth = thickness;
  context.strokeRect(x - 0.5, top - 0.5, Math.max(2, width) + 1, geometry.block + 1);
}

function paintName(
  context: CanvasRenderingContext2D,
  { theme, labelOf }: Picture,
  index: number,
  state: RowState,
  x: number,
  middle: number,
  room: number,
): void {
  if (room < 60) return;
  const label = labelOf(index);
  // The end of a path says more than its beginning.
  const name = label.slice(label.lastIndexOf("/", label.length - 2) + 1);
  const letters = Math.floor((room - 8) / 5.6);
  context.save();
  context.fillStyle = readableOn(context, theme.fill[state]);
  context.textAlign = "left";
  context.fillText(name.length > letters ? `${name.slice(0, Math.max(1, letters - 1))}…` : name, x + 5, middle + 0.5);
  context.restore();
}

const readable = new Map<string, string>();

/** Black or white, whichever can be read on the colour. */
function readableOn(context: CanvasRenderingContext2D, colour: string): string {
  let text = readable.get(colour);
  if (text === undefined) {
    context.fillStyle = colour;
    // The context gives a plain colour back as #rrggbb or rgba(…), a mixed one as color(srgb …) with shares of 1.
    const given = context.fillStyle;
    const [r = 0, g = 0, b = 0] = given.startsWith("#")
      ? [1, 3, 5].map((at) => Number.parseInt(given.slice(at, at + 2), 16))
      : (given.match(/[\d.]+/g) ?? []).map((part) => Number(part) * (given.startsWith("color(") ? 255 : 1));
    text = 0.299 * r + 0.587 * g + 0.114 * b > 140 ? "#000000" : "#ffffff";
    readable.set(colour, text);
  }
  return text;
}

/** The worker's pid; when several followed each other, the latest one and how many came before. */
export function laneName(lane: Lane): string {
  const latest = lane.pids.at(-1);
  if (latest === undefined) return lane.host ?? t("idle");
  const name = lane.pids.length === 1 ? String(latest) : t("{0} pids", lane.pids.length);
  return lane.host === null ? name : `${lane.host}:${name}`;
}
