import type { Spellings } from "../spellings.js";

/** What parallel and xargs call options of map. */
export const mapSpellings: Spellings = {
  "--jobs": ["-P", "--max-procs"],
  "--arg-file": ["--argfile"],
  "--max-args": ["-N", "--max-replace-args"],
  "--max-lines": ["-L"],
  "--replace": ["-I"],
  "--colsep": ["-C", "--col-sep"],
  "--dry-run": ["--dryrun"],
  "--keep-order": ["--keeporder"],
  "--line-buffer": ["--linebuffer", "--line-buffered"],
  "--tagstring": ["--tag-string"],
  "--files": ["--output-as-files"],
  "--results": ["--result", "--res"],
  "--joblog": ["--jl"],
  "--workdir": ["--wd", "--work-dir"],
  "--pipe": ["--spreadstdin", "--pipe-part", "--pipepart"],
  "--block": ["--block-size", "--blocksize"],
  "--halt": ["--halt-on-error"],
};
