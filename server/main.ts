#!/usr/bin/env node
import "./own-standard-error.js";

/**
 * Resolves when the server serves, or has reported why it does not. Imported later than the line above takes effect:
 * Node's own modules use `process.stderr` already when they are loaded.
 */
export const started: Promise<void> = import("./start.js").then(({ start }) => start(process.argv.slice(2)));
