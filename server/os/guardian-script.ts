/**
 * The guardian's program, in POSIX sh.
 * 1. It reads lines: `+N` (a process group has begun), `-N` (it has ended), `q` (nothing is left to do: exit).
 * 2. If its input ends without `q`, the server has died. The script kills every group that it knows.
 * 3. Where `/proc` shows environments, it kills every process with the server's mark ($1), until it finds none.
 * 4. It removes the folders whose paths begin with $2 and a dot. It does so several times, because a program that the
 *    server had started may still create files there.
 *
 * It ignores the signals that a terminal or a service manager sends to all processes, so that it outlives the server.
 */
export const guardianScript = `
trap '' INT TERM HUP QUIT
groups=' '
while read -r line; do
  case $line in
    +*) groups="$groups\${line#+} " ;;
    -*) group=\${line#-}
      case $groups in *" $group "*) groups="\${groups%%" $group "*} \${groups#*" $group "}" ;; esac ;;
    q) exit 0 ;;
  esac
done
for group in $groups; do kill -KILL -"$group"; done 2>/dev/null
rounds=0
while [ -r /proc/self/environ ] && [ $rounds -lt 50 ]; do
  rounds=$((rounds + 1))
  marked=$(grep -lzxF "$1" /proc/[0-9]*/environ 2>/dev/null)
  [ -n "$marked" ] || break
  for file in $marked; do
    pid=\${file#/proc/}
    kill -KILL "\${pid%/environ}"
  done 2>/dev/null
  [ $rounds -lt 5 ] || sleep 0.1
done
[ -n "$2" ] || exit 0
for round in 1 2 3 4 5; do
  rm -rf "$2".*
  [ $round -eq 5 ] || sleep 0.02
done 2>/dev/null
`;
