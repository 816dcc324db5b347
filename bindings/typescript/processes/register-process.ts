import { urlOfModule, type ModuleRef } from "./module-ref.js";
import { recordModule } from "./process-class.js";
import type { Process } from "./process.js";

/**
 * Registers the module that defines a subclass of Process, so that the child can load it. Needed only if the module
 * cannot be found: it does not export the class, or another module creates the instances. Call it beside the class:
 *
 * ```ts
 * class Worker extends Process { … }
 * registerProcess(import.meta, Worker);
 * ```
 */
export function registerProcess(meta: ModuleRef, processClass: abstract new (...args: never[]) => Process): void {
  recordModule(processClass, urlOfModule(meta));
}
