import type { Child, ChildEvents, CommandSpec } from "../engine/processes/spawner.js";
import { OsChild } from "./child.js";
import { childEnvironment } from "./environment.js";
import type { Family } from "./family.js";

/** Starts any program. Standard input is `input`, or empty. */
export function startCommand(
  family: Family,
  environment: NodeJS.ProcessEnv,
  spec: CommandSpec,
  events: ChildEvents,
): Child {
  const { command, args, cwd, input } = spec;
  return new OsChild(
    family,
    spec.owner ?? "",
    () => {
      const childId = family.newChildId();
      return {
        command,
        args,
        cwd,
        env: childEnvironment(environment, childId, spec.env),
        stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
        childId,
      };
    },
    events,
    {
      started({ stdin }) {
        // The program may exit or close its input before it has read everything: EPIPE is no error.
        stdin?.on("error", () => {});
        stdin?.end(input);
      },
    },
  );
}
