import type { parse } from "@babel/parser";

/* The kinds of nodes that are looked at, by the parser's own types. */

export type Statement = ReturnType<typeof parse>["program"]["body"][number];
export type Expression = Extract<Statement, { type: "ExpressionStatement" }>["expression"];
export type Declaration = NonNullable<Extract<Statement, { type: "ExportNamedDeclaration" }>["declaration"]>;
export type ObjectExpression = Extract<Expression, { type: "ObjectExpression" }>;
export type FunctionNode =
  | Extract<Statement, { type: "FunctionDeclaration" }>
  | Extract<Expression, { type: "FunctionExpression" | "ArrowFunctionExpression" }>;
export type ClassNode =
  | Extract<Statement, { type: "ClassDeclaration" }>
  | Extract<Expression, { type: "ClassExpression" }>;
