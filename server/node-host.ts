import { fileURLToPath } from "node:url";

/** The Node worker host's main module. In a file of its own, because a bundle has it at another path. */
export const nodeHost: string = fileURLToPath(new URL("../bindings/typescript/host/main.js", import.meta.url));
