/** Hooks for Node before 22.15, which runs them in a thread of their own. */
import { loadUrl, resolveMissingUrl, resolveUrl, type LoadContext, type Loaded } from "./esm.js";

interface ResolveContext {
  parentURL?: string;
}

type Resolve<R> = (specifier: string, context: ResolveContext) => Promise<R>;

export async function resolve<R>(specifier: string, context: ResolveContext, next: Resolve<R>): Promise<R> {
  const own = resolveUrl(specifier, context.parentURL);
  if (own !== undefined) return next(own, context);
  try {
    return await next(specifier, context);
  } catch (error) {
    return next(resolveMissingUrl(specifier, context.parentURL, error), context);
  }
}

export async function load<R>(
  url: string,
  context: LoadContext,
  next: (url: string, context: LoadContext) => Promise<R>,
): Promise<R | Loaded> {
  return loadUrl(url, context) ?? next(url, context);
}
