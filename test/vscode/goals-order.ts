/** The variable that tells the suite of goals, in the extension host, what to measure: a GoalsOrder as JSON. */
export const goalsVariable = "POLYPROC_GOALS";

const goals = ["all", "clicks", "memory"] as const;

export interface GoalsOrder {
  only: (typeof goals)[number];
  /** How many runs of 10,000 items. */
  runs: number;
}

export function isGoal(text: string): text is GoalsOrder["only"] {
  return (goals as readonly string[]).includes(text);
}
