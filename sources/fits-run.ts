/** A node of the parser's tree. */
interface SyntaxNode {
  type: string;
  [member: string]: unknown;
}

/**
 * Whether a run can use this function of a JavaScript or TypeScript module: it can be called with one argument, and it
 * is neither a component nor a hook of React, which only React can call. `typescript`: parameters say whether they are
 * optional.
 */
export function fitsRun(name: string, node: object, typescript: boolean): boolean {
  if (/^use[A-Z]/.test(name)) return false;
  const { params } = node as { params?: readonly SyntaxNode[] };
  if (typescript && params && params.filter(isRequired).length > 1) return false;
  return !containsJsx(node);
}

function isRequired(parameter: SyntaxNode): boolean {
  if (parameter.type === "AssignmentPattern" || parameter.type === "RestElement") return false;
  return parameter["optional"] !== true && parameter["name"] !== "this";
}

function containsJsx(node: object): boolean {
  const { type } = node as { type?: unknown };
  if (type === "JSXElement" || type === "JSXFragment") return true;
  return Object.entries(node).some(
    ([member, value]) =>
      member !== "loc" && typeof value === "object" && value !== null && containsJsx(value as object),
  );
}
