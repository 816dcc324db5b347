import * as nodeModule from "node:module";
import { hookRequire } from "./common-js.js";
import { loadUrl, resolveMissingUrl, resolveUrl, type LoadContext, type Loaded } from "./esm.js";

/** Node's synchronous hooks: 22.15 and later. */
interface Hooks<R, L> {
  resolve(specifier: string, context: { parentURL?: string }, next: (specifier: string, context: object) => R): R;
  load(url: string, context: LoadContext, next: (url: string, context: object) => L): L | Loaded;
}

const { registerHooks } = nodeModule as unknown as { registerHooks?: (hooks: Hooks<unknown, unknown>) => void };

/** Lets this process import and require TypeScript as its project does, without tsx. */
export function registerOwnHooks(): void {
  // Before the first module is loaded: Node reads a module's source map while it loads it.
  process.setSourceMapsEnabled(true);
  hookRequire();
  if (registerHooks === undefined) {
    nodeModule.register(new URL("./hooks-thread.js", import.meta.url));
    return;
  }
  registerHooks({
    resolve(specifier, context, next) {
      const own = resolveUrl(specifier, context.parentURL);
      if (own !== undefined) return next(own, context);
      try {
        return next(specifier, context);
      } catch (error) {
        return next(resolveMissingUrl(specifier, context.parentURL, error), context);
      }
    },
    load: (url, context, next) => loadUrl(url, context) ?? next(url, context),
  });
}
