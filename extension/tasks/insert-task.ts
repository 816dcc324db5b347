/**
 * The text of tasks.json with one more task at the end of its list. Everything else stays as it is, comments too. Null
 * if the text has no list `tasks`.
 */
export function insertTask(text: string, task: object): string | null {
  const list = findList(text);
  if (list === null) return null;
  const { end, last, lastIsComma } = list;
  const indent = /^[\t ]*/.exec(text.slice(text.lastIndexOf("\n", end) + 1))![0];
  const unit = indent.includes("\t") ? "\t" : indent === "" ? "  " : indent;
  const lines = JSON.stringify(task, null, unit).split("\n");
  const entry = lines.map((line) => indent + unit + line).join("\n");
  // A comment behind the last task stays behind it.
  const between = text.slice(last + 1, end).trimEnd();
  const comma = lastIsComma || text[last] === "[" ? "" : ",";
  return `${text.slice(0, last + 1)}${comma}${between}\n${entry}\n${indent}${text.slice(end)}`;
}

interface List {
  /** Where its bracket closes. */
  end: number;
  /** The last character before that, without spaces and comments. */
  last: number;
  lastIsComma: boolean;
}

/** The list that is the member `tasks` of the outermost object. */
function findList(text: string): List | null {
  const token = /"(?:[^"\\]|\\.)*"|\/\/.*|\/\*[^]*?\*\/|[^\s]/g;
  let depth = 0;
  let key = "";
  let isIn = false;
  let last = -1;
  for (let match = token.exec(text); match; match = token.exec(text)) {
    const [found] = match;
    if (found.startsWith("//") || found.startsWith("/*")) continue;
    if (isIn && depth === 2 && found === "]") return { end: match.index, last, lastIsComma: text[last] === "," };
    if (found === "{" || found === "[") {
      depth++;
      if (depth === 2) isIn = found === "[" && key === "tasks";
    } else if (found === "}" || found === "]") depth--;
    else if (depth === 1 && found.startsWith('"')) key = found.slice(1, -1);
    last = token.lastIndex - 1;
  }
  return null;
}
