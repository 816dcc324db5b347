/**
 * The watchdog's program, in POSIX sh. It reads lines: `GROUP SECONDS` (kill this process group then, unless another
 * line for it comes first), `GROUP -` (the group has no lease), `q` (exit). For each group a subshell waits. If its
 * input ends without `q`, the server has died: it kills the groups at once, as the guardian does.
 *
 * It ignores the signals that a terminal or a service manager sends to all processes.
 */
export const leaseWatchdogScript = `
trap '' INT TERM HUP QUIT
stop() {
  eval "timer=\\\${timer_$1:-}"
  [ -n "$timer" ] || return 1
  kill -USR1 "$timer"
  wait "$timer"
  eval "timer_$1="
}
groups=' '
while read -r group seconds; do
  case $group in
    q) for group in $groups; do stop "$group"; done; exit 0 ;;
    *[!0-9]*|'') continue ;;
  esac
  stop "$group"
  case $seconds in -) continue ;; esac
  case $groups in *" $group "*) ;; *) groups="$groups$group " ;; esac
  (
    trap 'kill -KILL $!; exit 0' USR1
    sleep "$seconds" &
    wait $!
    kill -KILL -"$group"
  ) </dev/null &
  eval "timer_$group=$!"
done 2>/dev/null
for group in $groups; do stop "$group" && kill -KILL -"$group"; done 2>/dev/null
`;
