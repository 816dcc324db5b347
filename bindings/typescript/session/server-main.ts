import { fileURLToPath } from "node:url";

/** The server's main module. In a file of its own, because a bundle replaces it. */
export const serverMain: string = fileURLToPath(new URL("../../../server/main.js", import.meta.url));
