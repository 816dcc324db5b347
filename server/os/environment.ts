/** Every process below this server has this variable; its value is the server's `instanceId`. */
export const instanceVariable = "POLYPROC_INSTANCE";

/** Every process below one child has this variable, whatever session or process group it moved to. */
export const childVariable = "POLYPROC_CHILD";

/** Of the server's own start: harmful to a child. A runtime that needs one of them says so itself. */
const notInherited = ["ELECTRON_RUN_AS_NODE", "NODE_CHANNEL_FD", "NODE_CHANNEL_SERIALIZATION_MODE", "NODE_UNIQUE_ID", childVariable];

/** What makes Node of the executable that this server runs in: Electron's is Node only when told so, and any other needs nothing. */
export const asNode: Readonly<Record<string, string>> = process.versions["electron"] === undefined ? {} : { ELECTRON_RUN_AS_NODE: "1" };

/** What all children have in common: made once, since a spawn must be cheap. */
export function baseEnvironment(instanceId: string, extra: Record<string, string>): NodeJS.ProcessEnv {
  const base: NodeJS.ProcessEnv = { ...process.env, ...extra, [instanceVariable]: instanceId };
  for (const name of notInherited) delete base[name];
  return base;
}

/** For the guardian: it must not carry the mark that it looks for, nor that of a server which this one runs below. */
export function unmarkedEnvironment(): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = { ...process.env, LC_ALL: "C" };
  delete environment[instanceVariable];
  delete environment[childVariable];
  return environment;
}

/** The environment of one child. In `overrides`, null takes a variable away; the two marks cannot be overridden. */
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
