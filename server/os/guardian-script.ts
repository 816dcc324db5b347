/**
 * What the guardian runs: POSIX sh. Reads `+N` and `-N` (process groups that came and went) and `q` (nothing is left, go).
 * When its input ends without `q`, the server has died: kills every group it knows, then, where `/proc` tells
 * environments, everybody that carries the server's mark ($1), until nobody is found.
 * It ignores the signals that a terminal or a service manager sends to everybody, so that it is there when the server is not.
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
[ -r /proc/self/environ ] || exit 0
rounds=0
while [ $rounds -lt 50 ]; do
  rounds=$((rounds + 1))
  marked=$(grep -lzxF "$1" /proc/[0-9]*/environ 2>/dev/null)
  [ -n "$marked" ] || exit 0
  for file in $marked; do
    pid=\${file#/proc/}
    kill -KILL "\${pid%/environ}"
  done 2>/dev/null
  [ $rounds -lt 5 ] || sleep 0.1
done
`;
