/** The scripts that shells load to complete the command line. They ask `polyproc completion --answer` at each Tab. */
export const scripts: Readonly<Record<string, string>> = {
  bash: `# Completion of polyproc for bash: eval "$(polyproc completion bash)"
_polyproc() {
  local line=\${COMP_LINE:0:COMP_POINT} current cut
  local -a words
  read -ra words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  current=\${words[-1]}
  local IFS=$'\\n'
  COMPREPLY=($("$1" completion --answer -- "\${words[@]:1}" 2>/dev/null))
  # bash takes what follows the last : or = for the word.
  cut=\${current%"\${current##*[:=]}"}
  [[ $COMP_WORDBREAKS == *:* && -n $cut ]] && COMPREPLY=("\${COMPREPLY[@]#"$cut"}")
  return 0
}
complete -o bashdefault -o default -F _polyproc polyproc
`,
  zsh: `#compdef polyproc
# Completion of polyproc for zsh: eval "$(polyproc completion zsh)", after compinit
_polyproc() {
  local -a found
  found=("\${(@f)$(polyproc completion --answer -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  found=(\${found:#})
  if (( \${#found} )); then compadd -a found; else _files; fi
}
compdef _polyproc polyproc
`,
  fish: `# Completion of polyproc for fish: polyproc completion fish | source
function __polyproc_complete
    set -l words (commandline -opc)
    polyproc completion --answer -- $words[2..-1] (commandline -ct) 2>/dev/null
end
complete -c polyproc -a '(__polyproc_complete)'
`,
};
