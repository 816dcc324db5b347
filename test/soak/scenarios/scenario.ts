import type { Client } from "polyproc";
import type { LogRecord } from "../log.js";
import type { Hit } from "../monkey.js";
import type { ProgramPlan } from "../program.js";
import type { Random } from "../random.js";

/** What a scenario may use. */
export interface Setting {
  /** Where its programs may make files. Removed after the round. */
  folder: string;
  /** Begins every name of a shared object, so that two scenarios do not meet. */
  prefix: string;
  /** About how long its programs work when nothing holds them up. */
  lengthMs: number;
}

/** How one program ended. */
export interface Ending extends ProgramPlan {
  pid: number;
  status: number | string;
  stderr: string;
  records: LogRecord[];
}

/** How all programs of a scenario ended. */
export interface Story {
  endings: Ending[];
  /** In the round, not only of this scenario. */
  hits: Hit[];
  /** When the server was killed; null: it lives. */
  serverEndedAt: number | null;
  /** Whether no process was killed in the round: then nothing may fail. */
  undisturbed: boolean;
}

/** Some programs that share objects, and what must hold of their logs. */
export interface Play {
  programs: ProgramPlan[];
  /** Makes what is to outlive the programs. */
  prepare?(keeper: Client): Promise<void>;
  /** Called when each producer (a program whose `params.role` is `producer`) has ended. */
  producersEnded?(): void;
  /** Called again and again while programs run. `roles`: those of programs that do. */
  tend?(roles: ReadonlySet<unknown>): Promise<void>;
  /** After the last program's end, while the server lives: looks at what is left, and lets go of it. */
  drain?(): Promise<void>;
  /** What does not hold, in words. */
  check(story: Story): string[];
}

export interface Scenario {
  name: string;
  write(random: Random, setting: Setting): Play;
}
