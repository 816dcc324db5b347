import { requireOwnUrl } from "./bundled.js";

// The first module of the package that is evaluated.
requireOwnUrl(import.meta.url as string | undefined);
