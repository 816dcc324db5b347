import { loadModule } from "../host/module-target.js";
import { TargetNotFound } from "../session/errors.js";
import { Process } from "./process.js";
import { registeredClass, shownModule } from "./process-class.js";

type ProcessClass = new () => Process;

/**
 * The target of a child for a subclass of Process: recreates the instance from its fields, without its constructor, and
 * calls `run`.
 */
export async function runSubclass(url: string, name: string, fields: Record<string, unknown>): Promise<void> {
  const namespace = await loadModule(url);
  const instance = Process.reborn(classIn(namespace, url, name));
  Object.assign(instance, fields);
  await instance.run();
}

function classIn(namespace: Record<string, unknown>, url: string, name: string): ProcessClass {
  const known = registeredClass(url, name);
  if (known) return known as ProcessClass;
  for (const value of Object.values(namespace)) {
    if (typeof value === "function" && value.name === name && value.prototype instanceof Process)
      return value as unknown as ProcessClass;
  }
  throw new TargetNotFound(
    "TargetNotFound",
    `the class ${name} was not found in ${shownModule(url)}: export it there, ` +
      `or write registerProcess(import.meta, ${name}) below it`,
    { module: url, export: name },
  );
}
