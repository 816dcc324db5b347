/** Files that Node cannot run as they are: TypeScript, and JavaScript with JSX. */
export function needsCompiler(url: string): boolean {
  return /\.(?:[mc]?ts|[jt]sx)(?:$|[?#])/.test(url);
}

/** Packages that translate TypeScript for a worker, if its project has them. */
export const translators = ["tsx", "esbuild", "@swc/core", "typescript"] as const;

/** From version 7 on, `typescript` has no function that translates a single file. */
export function isTranslator(name: (typeof translators)[number], version: string): boolean {
  return name !== "typescript" || Number.parseInt(version) < 7;
}

/** Whether a path or URL is inside an installed package. */
export function isInstalled(path: string): boolean {
  return /[\\/]node_modules[\\/]/.test(path);
}

/** The code of errors that say why a file cannot be compiled. Their message stands for itself. */
export const compilerErrorCode = "POLYPROC_COMPILER";

export function compilerError(message: string): Error {
  return Object.assign(new Error(message), { code: compilerErrorCode });
}
