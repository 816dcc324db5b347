import { fileURLToPath } from "node:url";

/** The server's first module. Apart from what uses it, for a bundle has it elsewhere. */
export const serverMain: string = fileURLToPath(new URL("../../../server/main.js", import.meta.url));
