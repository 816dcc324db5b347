/** What users of other programs write, and what it is here. A test runs each line. */
export const cheats: readonly (readonly [theirs: string, ours: string])[] = [
  ["parallel -k echo ::: A B", "polyproc map -q -k -- echo ::: A B"],
  ["parallel -k 'cat {} > {.}.out' ::: *.txt", "polyproc map -q -k --shell 'cat {} > {.}.out' ::: *.txt"],
  ["ls *.txt | parallel -k -j2 wc -c", "ls *.txt | polyproc map -q -k -j2 -- wc -c"],
  ["cat a.txt | parallel -k --pipe wc -l", "cat a.txt | polyproc map -q -k --pipe -- wc -l"],
  ["parallel -k --tag echo ::: A B", "polyproc map -q -k --tag -- echo ::: A B"],
  ["parallel --joblog log true ::: A", "polyproc map -q --joblog log -- true ::: A"],
  ["sem --fg --id one echo in", "polyproc lock one -- echo in"],
  ["sem --fg --id four -j4 echo in", "polyproc sem four -n4 -- echo in"],
  ["ls *.txt | xargs -n1 wc -c", "ls *.txt | polyproc map -q -k -- wc -c"],
  ["ls *.txt | xargs -I% echo %.bak", "ls *.txt | polyproc map -q -k -- echo {}.bak"],
  ["printf 'a\\0b\\0' | xargs -0 -n1 echo", "printf 'a\\0b\\0' | polyproc map -q -k -0 -- echo"],
  ["ls *.txt | xargs -n2 echo", "ls *.txt | polyproc map -q -k -n2 -- echo"],
  ["flock f echo in", "polyproc lock --file f -- echo in"],
  ["flock -n f echo in", "polyproc lock --file f --nonblock -- echo in"],
  ["flock -w 5 f echo in", "polyproc lock --file f --timeout 5 -- echo in"],
  ["flock -s f echo in", "polyproc lock --file f --shared -- echo in"],
  ["pueue add -- echo hi", "polyproc add -- echo hi"],
  ["pueue add --after 0 -- true", "polyproc add --after 1 -- true"],
  ["pueue add --delay 1h -- true", "polyproc add --delay 1h -- true"],
  ["pueue add --stashed -- true", "polyproc add --hold -- true"],
  ["pueue enqueue 3", "polyproc resume 4"],
  ["pueue status", "polyproc status"],
  ["pueue log 0", "polyproc log 1"],
  ["pueue follow 0", "polyproc follow 1"],
  ["pueue wait 0", "polyproc wait 1"],
  ["pueue restart 0", "polyproc restart 1"],
  ["pueue pause", "polyproc pause"],
  ["pueue start", "polyproc resume"],
  ["pueue group add disk", "polyproc group add disk"],
  ["pueue parallel -g disk 2", "polyproc group set disk -j2"],
  ["pueue remove 2", "polyproc remove 3"],
  ["pueue clean", "polyproc remove --ended"],
  ["tsp echo hi", "polyproc add -- echo hi"],
  ["tsp", "polyproc status"],
  ["tsp -S 4", "polyproc group set default -j4"],
  ["tsp -w", "polyproc wait 5"],
  ["tsp -c", "polyproc log 5"],
  ["tsp -C", "polyproc remove --ended"],
];

/** The table as text. */
export function cheatSheet(): string {
  const width = Math.max(...cheats.map(([theirs]) => theirs.length)) + 2;
  return cheats.map(([theirs, ours]) => `${theirs.padEnd(width)}${ours}\n`).join("");
}
