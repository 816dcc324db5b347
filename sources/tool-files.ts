/** `a.test.ts`, `a.spec.js`, `a.stories.tsx`, `vite.config.ts`, `test_a.py`, `a_test.py`, `conftest.py`. */
const names = [
  /\.(?:test|spec|bench|stories|story|cy|e2e|config|setup)\.[cm]?[jt]sx?$/,
  /^test_.*\.py$|_test\.py$|^(?:conftest|setup|noxfile)\.py$/,
];
const folders = new Set(["test", "tests", "spec", "e2e", "__tests__", "__mocks__", "__fixtures__", ".storybook"]);

/**
 * Whether a module belongs to tests or configures a tool: its functions are called by that tool. `path`: relative to
 * the workspace's folder.
 */
export function isToolFile(path: string): boolean {
  const parts = path.split("/");
  return names.some((name) => name.test(parts.at(-1)!)) || parts.slice(0, -1).some((folder) => folders.has(folder));
}
