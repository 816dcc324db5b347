import { UsageError } from "../../usage-error.js";

/** Splits the text of an item into its fields. Throws an Error if it cannot. */
export type Columns = (text: string) => string[];

/** By a regular expression. Throws UsageError if it is none. */
export function separated(expression: string): Columns {
  let pattern: RegExp;
  try {
    pattern = new RegExp(expression);
  } catch (error) {
    throw new UsageError(`--colsep: ${(error as Error).message}`);
  }
  return (text) => text.split(pattern);
}

/** A line of comma-separated values. A value in double quotes may contain commas, and `""` for a quote. */
export const csv: Columns = (line) => {
  const fields: string[] = [];
  for (let at = 0; at <= line.length;) {
    if (line[at] !== '"') {
      const end = line.indexOf(",", at);
      fields.push(line.slice(at, end === -1 ? line.length : end));
      at = end === -1 ? line.length + 1 : end + 1;
      continue;
    }
    let field = "";
    for (at++; ;) {
      const quote = line.indexOf('"', at);
      if (quote === -1) throw new Error("a value has no closing quote; a value cannot contain a line end");
      field += line.slice(at, quote);
      at = quote + 1;
      if (line[at] !== '"') break;
      field += '"';
      at++;
    }
    if (at < line.length && line[at] !== ",") throw new Error("after a closing quote a comma or the end must follow");
    fields.push(field);
    at++;
  }
  return fields;
};
