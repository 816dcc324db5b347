import { fileURLToPath } from "node:url";

/** The Node worker host's first module. Apart from what uses it, for a bundle has it elsewhere. */
export const nodeHost: string = fileURLToPath(new URL("../bindings/typescript/host/main.js", import.meta.url));
