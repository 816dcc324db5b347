import * as v from "valibot";

/** Longest text of a report, in UTF-16 code units. */
const maxTextLength = 400;

const members = {
  /** How much is done, from 0 to 1. Null: unknown. */
  fraction: v.nullable(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
  /** What the task does now, for display, at most 400 characters. Empty: it did not say. */
  text: v.pipe(v.string(), v.maxLength(maxTextLength)),
};

/** What a running task last reported of itself. */
export const progress = v.strictObject(members);
export type Progress = v.InferOutput<typeof progress>;

/** The same, of one item of a job. */
export const itemProgress = v.strictObject({ index: v.pipe(v.number(), v.safeInteger(), v.minValue(0)), ...members });

/** Whether it says anything. A task takes its progress back by a report that says nothing. */
export function saysNothing({ fraction, text }: Progress): boolean {
  return fraction === null && text === "";
}

/** `45 %  compressing`; empty if it says nothing. */
export function progressText({ fraction, text }: Progress): string {
  return [fraction === null ? "" : `${Math.floor(fraction * 100)} %`, text].filter(Boolean).join("  ");
}
