/** A task of type `polyproc` in tasks.json, as the Testing view shows it. */
export interface SavedTask {
  /** Unique among all folders. */
  id: string;
  label: string;
  definition: Record<string, unknown>;
  /** Absolute path of the folder that it belongs to. */
  folder: string;
}

/** The saved runs of one folder. `tasks`: the value of the setting `tasks` → `tasks`, which a person wrote. */
export function savedTasks(tasks: unknown, folder: string): SavedTask[] {
  if (!Array.isArray(tasks)) return [];
  return tasks.flatMap((task: unknown) => {
    if (typeof task !== "object" || task === null) return [];
    const definition = task as Record<string, unknown>;
    const { type, label } = definition;
    if (type !== "polyproc" || typeof label !== "string") return [];
    return [{ id: `${folder}\n${label}`, label, definition, folder }];
  });
}

/** A definition has a variable that only the editor's tasks can resolve. The message is for the user. */
export class VariableError extends Error {
  override readonly name = "VariableError";
}

/** The definition with its variables resolved. Throws a VariableError for those that need a task or a question. */
export function withVariables(task: SavedTask, env: Readonly<Record<string, string | undefined>>): SavedTask {
  const resolve = (value: unknown): unknown => {
    if (typeof value === "string") return value.replace(/\$\{([^}]+)\}/g, (whole, name: string) => text(whole, name));
    if (Array.isArray(value)) return value.map(resolve);
    if (typeof value === "object" && value !== null)
      return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, resolve(member)]));
    return value;
  };
  const text = (whole: string, name: string): string => {
    if (name === "workspaceFolder" || name === "workspaceRoot") return task.folder;
    if (name === "workspaceFolderBasename") return task.folder.slice(task.folder.lastIndexOf("/") + 1);
    if (name.startsWith("env:")) return env[name.slice("env:".length)] ?? "";
    throw new VariableError(`"${task.label}" uses ${whole}, which a test cannot resolve: run it as a task`);
  };
  return { ...task, definition: resolve(task.definition) as Record<string, unknown> };
}

/** Keys of items, which stay the same from run to run. Items with the same label are told apart by their order. */
export function itemKeys(items: readonly { label: string }[]): string[] {
  const seen = new Map<string, number>();
  return items.map(({ label }) => {
    const nth = seen.get(label) ?? 0;
    seen.set(label, nth + 1);
    return nth === 0 ? label : `${label}\n${nth}`;
  });
}

/** Which of the items a saved file concerns: all, if it is the function's module, otherwise those about the file. */
export function concerned(items: readonly { file: string | null }[], module: string | null, saved: string): number[] {
  if (saved === module) return [...items.keys()];
  return [...items.keys()].filter((index) => items[index]!.file === saved);
}
