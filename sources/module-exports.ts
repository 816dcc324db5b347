import { fitsRun } from "./fits-run.js";
import type { FoundFunction } from "./found-function.js";
import type { ClassNode, Declaration, Expression, FunctionNode, ObjectExpression, Statement } from "./syntax.js";

type Kind = FoundFunction["kind"];

interface Place {
  line: number;
  column: number;
}

interface Callee {
  kind: Kind;
  fits: boolean;
}

interface Local extends Place, Callee {}

/** An export of the module, by its name: a function itself, or a name that may turn out to be one. */
interface Given {
  export: string;
  place: Place;
  what: (Callee & { name: string }) | { local: string };
}

type Node = { type: string; loc?: { start: { line: number; column: number } } | null | undefined };

/** Collects the declarations and exports of a module, ES module or CommonJS. */
export class ModuleExports {
  readonly #locals = new Map<string, Local>();
  readonly #given: Given[] = [];
  readonly #typescript: boolean;

  constructor(typescript: boolean) {
    this.#typescript = typescript;
  }

  add(statements: readonly Statement[]): void {
    for (const statement of statements) this.#statement(statement);
  }

  functions(): FoundFunction[] {
    const found = new Map<string, FoundFunction>();
    for (const { export: name, place, what } of this.#given) {
      const local = "local" in what ? this.#locals.get(what.local) : undefined;
      if ("local" in what && !local) continue;
      const { kind, fits } = local ?? (what as Callee);
      const shown = "local" in what ? what.local : what.name;
      // The last one counts, as for the module itself; its place is where it is written, not where it is exported.
      found.set(name, {
        export: name,
        name: name === "default" ? shown : name,
        kind,
        fits,
        line: (local ?? place).line,
        column: (local ?? place).column,
      });
    }
    return [...found.values()].sort((a, b) => a.line - b.line || a.column - b.column);
  }

  #statement(statement: Statement): void {
    switch (statement.type) {
      case "ExportNamedDeclaration": {
        if (statement.exportKind === "type") return;
        if (statement.declaration)
          for (const name of this.#declare(statement.declaration))
            this.#give(name, statement.declaration, { local: name });
        // A re-export belongs to the other module.
        if (statement.source) return;
        for (const specifier of statement.specifiers) {
          if (specifier.type !== "ExportSpecifier" || specifier.exportKind === "type") continue;
          const { exported, local } = specifier;
          this.#give(exported.type === "Identifier" ? exported.name : exported.value, specifier, { local: local.name });
        }
        return;
      }
      case "ExportDefaultDeclaration": {
        const { declaration } = statement;
        if ((declaration.type === "FunctionDeclaration" || declaration.type === "ClassDeclaration") && declaration.id) {
          for (const name of this.#declare(declaration)) this.#give("default", declaration.id, { local: name });
        } else this.#giveValue("default", declaration as Expression, statement);
        return;
      }
      case "TSExportAssignment":
        this.#giveValue("default", statement.expression, statement);
        return;
      case "ExpressionStatement":
        this.#assignment(statement.expression);
        return;
      default:
        this.#declare(statement as Declaration);
    }
  }

  /** Records declarations, and returns the names of functions and runnable classes among them. */
  #declare(declaration: Declaration): string[] {
    switch (declaration.type) {
      case "FunctionDeclaration":
      case "ClassDeclaration": {
        const kind = kindOf(declaration);
        if (!kind || !declaration.id || declaration.declare) return [];
        this.#locals.set(declaration.id.name, this.#callee(kind, declaration.id.name, declaration, declaration.id));
        return [declaration.id.name];
      }
      case "VariableDeclaration":
        return declaration.declarations.flatMap(({ id, init }) => {
          const kind = id.type === "Identifier" && init ? kindOf(bare(init)) : null;
          if (!kind || !init || id.type !== "Identifier") return [];
          this.#locals.set(id.name, this.#callee(kind, id.name, bare(init), id));
          return [id.name];
        });
      default:
        return [];
    }
  }

  /** `exports.f = …`, `module.exports.f = …`, `module.exports = …`. */
  #assignment(expression: Expression): void {
    if (expression.type !== "AssignmentExpression" || expression.operator !== "=") return;
    const { left, right } = expression;
    // `exports = module.exports = …`, and `exports.a = exports.b = …`.
    if (right.type === "AssignmentExpression") this.#assignment(right);
    const value = lastValue(right);
    if (isModuleExports(left)) {
      const object = bare(value);
      if (object.type === "ObjectExpression") this.#members(object);
      else this.#giveValue("default", value, left);
      return;
    }
    if (left.type !== "MemberExpression") return;
    const { object, property, computed } = left;
    const isExports = isModuleExports(object) || (object.type === "Identifier" && object.name === "exports");
    if (!isExports) return;
    const name =
      property.type === "StringLiteral"
        ? property.value
        : property.type === "Identifier" && !computed
          ? property.name
          : null;
    if (name !== null) this.#giveValue(name, value, property);
  }

  #members(object: ObjectExpression): void {
    for (const member of object.properties) {
      if (member.type === "SpreadElement") continue;
      const { key, computed } = member;
      const name = key.type === "StringLiteral" ? key.value : key.type === "Identifier" && !computed ? key.name : null;
      if (name === null) continue;
      if (member.type === "ObjectProperty") this.#giveValue(name, member.value as Expression, key);
      else if (member.kind === "method" && !member.generator)
        this.#give(name, key, { ...this.#callee("function", name, member, key), name });
    }
  }

  #giveValue(name: string, value: Expression, at: Node): void {
    const inner = bare(value);
    if (inner.type === "Identifier") {
      this.#give(name, at, { local: inner.name });
      return;
    }
    const kind = kindOf(inner);
    const own = inner.type === "FunctionExpression" || inner.type === "ClassExpression" ? inner.id?.name : undefined;
    if (kind) this.#give(name, at, { ...this.#callee(kind, own ?? name, inner, at), name: own ?? name });
  }

  #callee(kind: Kind, name: string, node: Node, at: Node): Local {
    return { kind, fits: kind === "class" || fitsRun(name, node, this.#typescript), ...placeOf(at) };
  }

  #give(name: string, at: Node, what: Given["what"]): void {
    this.#given.push({ export: name, place: placeOf(at), what });
  }
}

function placeOf({ loc }: Node): Place {
  return { line: (loc?.start.line ?? 1) - 1, column: loc?.start.column ?? 0 };
}

/** Without what TypeScript and brackets put around a value. */
function bare(value: Expression): Expression {
  switch (value.type) {
    case "ParenthesizedExpression":
    case "TSAsExpression":
    case "TSSatisfiesExpression":
    case "TSNonNullExpression":
    case "TSTypeAssertion":
      return bare(value.expression);
    default:
      return value;
  }
}

function lastValue(value: Expression): Expression {
  return value.type === "AssignmentExpression" ? lastValue(value.right) : value;
}

function isModuleExports(node: Node): boolean {
  if (node.type !== "MemberExpression") return false;
  const { object, property, computed } = node as Extract<Expression, { type: "MemberExpression" }>;
  return (
    !computed &&
    object.type === "Identifier" &&
    object.name === "module" &&
    property.type === "Identifier" &&
    property.name === "exports"
  );
}

/** Null for what cannot be run: other values, generators (whose result cannot be sent), classes without `run`. */
function kindOf(node: Node): Kind | null {
  switch (node.type) {
    case "FunctionDeclaration":
    case "FunctionExpression":
    case "ArrowFunctionExpression": {
      const { generator } = node as FunctionNode;
      return generator ? null : "function";
    }
    case "ClassDeclaration":
    case "ClassExpression":
      return hasRun(node as ClassNode) ? "class" : null;
    default:
      return null;
  }
}

function hasRun(node: ClassNode): boolean {
  if (node.type === "ClassDeclaration" && (node.abstract || node.declare)) return false;
  return node.body.body.some(
    (member) =>
      member.type === "ClassMethod" &&
      member.kind === "method" &&
      !member.static &&
      !member.computed &&
      !member.abstract &&
      member.key.type === "Identifier" &&
      member.key.name === "run",
  );
}
