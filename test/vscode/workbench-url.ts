import { resolve } from "node:path";

export interface WorkbenchUrlOptions {
  /** A folder, or a `.code-workspace` file; null: an empty window. */
  folder: string | null;
  /** What the desktop takes as `--extensionDevelopmentPath`. */
  developmentPaths?: readonly string[];
  testsPath?: string | undefined;
  /** Further pairs that stand for the desktop's flags. */
  payload?: readonly (readonly [name: string, value: string])[];
}

/** The address at which a VS Code server shows its workbench. */
export function workbenchUrl(
  { port, token }: { port: number; token: string },
  { folder, developmentPaths = [], testsPath, payload = [] }: WorkbenchUrlOptions,
): string {
  const remote = (path: string) => `vscode-remote://127.0.0.1:${port}${encodeURI(resolve(path))}`;
  const pairs = [...developmentPaths.map((path) => ["extensionDevelopmentPath", remote(path)] as const), ...payload];
  if (testsPath !== undefined) pairs.push(["extensionTestsPath", remote(testsPath)]);
  const query = new URLSearchParams({ tkn: token });
  if (folder === null) query.set("ew", "true");
  else query.set(folder.endsWith(".code-workspace") ? "workspace" : "folder", resolve(folder));
  if (pairs.length > 0) query.set("payload", JSON.stringify(pairs));
  return `http://127.0.0.1:${port}/?${query.toString()}`;
}
