const opening = "([{";
const closing = ")]}";

/**
 * Whether a Python function can be called with one argument. `text` begins with the bracket of its parameters. The
 * closing bracket may be missing while the user is typing.
 */
export function takesOneArgument(text: string): boolean {
  let required = 0;
  let isKeywordOnly = false;
  for (const parameter of parametersOf(text)) {
    if (parameter.startsWith("**") || parameter === "/") continue;
    if (parameter.startsWith("*")) isKeywordOnly = true;
    else if (hasDefault(parameter)) continue;
    else if (isKeywordOnly) return false;
    else required++;
  }
  return required <= 1;
}

/** The texts between the commas, without comments and strings. */
function parametersOf(text: string): string[] {
  const parameters: string[] = [];
  let parameter = "";
  let depth = 0;
  const plain = text.replaceAll(/"""[^]*?"""|'''[^]*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|#.*/g, "");
  for (const character of plain) {
    if (opening.includes(character) && ++depth === 1) continue;
    if (closing.includes(character) && --depth === 0) break;
    if (character === "," && depth === 1) {
      parameters.push(parameter);
      parameter = "";
    } else parameter += character;
  }
  return [...parameters, parameter].map((one) => one.trim()).filter((one) => one !== "");
}

/** `x=1` and `x: int = 1`; not `x: Literal[a == b]`. */
function hasDefault(parameter: string): boolean {
  return /^[^[({]*?(?<![=<>!])=(?!=)/.test(parameter) || /[\])}]\s*=(?!=)/.test(parameter);
}
