import { fileURLToPath } from "node:url";

/** The folder of the checkout, seen from the compiled script. */
export const root = fileURLToPath(new URL("../../../", import.meta.url));
