/** Every process below this server has this variable; its value is the server's `instanceId`. */
export const instanceVariable = "POLYPROC_INSTANCE";

/** Every process below one child has this variable, even if it moved to another session or process group. */
export const childVariable = "POLYPROC_CHILD";

/** Variables of the server's own start, which harm a child. A runtime that needs one of them sets it in its `env`. */
const notInherited = [
  "ELECTRON_RUN_AS_NODE",
  "NODE_CHANNEL_FD",
  "NODE_CHANNEL_SERIALIZATION_MODE",
  "NODE_UNIQUE_ID",
  childVariable,
];

/**
 * Environment that makes the server's own executable run as Node. Only Electron's executable needs a variable for it.
 */
export const asNode: Readonly<Record<string, string>> =
  process.versions["electron"] === undefined ? {} : { ELECTRON_RUN_AS_NODE: "1" };

/** The environment that all children share. Made once, so that a spawn is cheap. */
export function baseEnvironment(instanceId: string, extra: Record<string, string>): NodeJS.ProcessEnv {
  const base: NodeJS.ProcessEnv = { ...process.env, ...extra, [instanceVariable]: instanceId };
  for (const name of notInherited) delete base[name];
  return base;
}

/** For the guardian: without the marks that it searches for, those of this server and of a server above it. */
export function unmarkedEnvironment(): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = { ...process.env, LC_ALL: "C" };
  delete environment[instanceVariable];
  delete environment[childVariable];
  return environment;
}

/** The environment of one child. In `overrides`, null removes a variable. The two marks cannot be overridden. */
export function childEnvironment(
  base: NodeJS.ProcessEnv,
  childId: string,
  ...overrides: (Record<string, string | null> | undefined)[]
): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = { ...base };
  for (const override of overrides) {
    for (const name in override) {
      const value = override[name];
      if (value === null || value === undefined) delete environment[name];
      else environment[name] = value;
    }
  }
  environment[instanceVariable] = base[instanceVariable];
  environment[childVariable] = childId;
  return environment;
}
