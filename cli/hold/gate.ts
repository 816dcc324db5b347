const script = (gate: number) => `IFS= read -r open <&${gate} || exit 0
exec ${gate}<&-
exec "$@"`;

/**
 * Arguments of `/bin/sh` that start the command behind a gate: it begins when this process writes a line into the pipe
 * whose other end is the shell's descriptor `gate`. If this process is killed before, the gate reaches EOF, and the
 * command never begins.
 */
export function behindGate(gate: number, command: readonly string[]): string[] {
  return ["-c", script(gate), "sh", ...withOddVariables(command)];
}

/**
 * The gate's shell passes on only variables whose names a shell can have. The program `env` sets the others, such as
 * functions that bash exports.
 */
function withOddVariables(command: readonly string[]): readonly string[] {
  const odd = Object.entries(process.env).filter(([name]) => !/^[A-Za-z_]\w*$/.test(name) && !name.includes("="));
  if (odd.length === 0 || command[0]!.includes("=")) return command;
  return ["env", "--", ...odd.map(([name, value]) => `${name}=${value}`), ...command];
}
