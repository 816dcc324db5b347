/**
 * Variables that the editor sets for itself, and those that name another server. The server and the user's programs
 * must not get them.
 */
const notForChildren = /^(VSCODE_|ELECTRON_)|^POLYPROC_(ADDRESS|TOKEN|SERVE|EDITOR_NODE|INSTANCE|CHILD)$/;

/**
 * The environment of the server, and so of everything that it runs: this process's, without what belongs to the editor.
 */
export function serverEnvironment(env: NodeJS.ProcessEnv, more: Record<string, string> = {}): NodeJS.ProcessEnv {
  return { ...Object.fromEntries(Object.entries(env).filter(([name]) => !notForChildren.test(name))), ...more };
}
