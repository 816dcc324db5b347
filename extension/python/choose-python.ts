/** The facts from which the interpreter of a module is chosen. */
export interface PythonChoices {
  /** The setting `polyproc.pythonPath`; empty: not set. */
  setting: string;
  /** Whether the workspace's `polyproc.json` names the runtime `python`. */
  isConfigured: () => boolean;
  /** The active environment of the Python extension; undefined without one. */
  active: () => Promise<string | undefined>;
}

/**
 * The interpreter that a run names for a Python module: the setting's, else none if `polyproc.json` has one, else that
 * of the active environment. Undefined: the server looks for the environment nearest to the module.
 */
export async function choosePython(module: string, choices: PythonChoices): Promise<string | undefined> {
  if (!/\.py$/i.test(module)) return undefined;
  if (choices.setting !== "") return choices.setting;
  if (choices.isConfigured()) return undefined;
  return choices.active();
}

/** Whether this text of a `polyproc.json` names the runtime `python`. */
export function namesPython(text: string): boolean {
  try {
    const { runtimes } = JSON.parse(text) as { runtimes?: { python?: unknown } };
    return runtimes?.python !== undefined;
  } catch {
    // The server says what is wrong with the file.
    return false;
  }
}
