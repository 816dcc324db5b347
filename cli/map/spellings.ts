import type { Spellings } from "../spellings.js";

/** What parallel and xargs call options of map. */
export const mapSpellings: Spellings = {
  "--jobs": ["-P", "--max-procs"],
  "--max-args": ["-N", "--max-replace-args"],
  "--colsep": ["-C"],
  "--dry-run": ["--dryrun"],
  "--keep-order": ["--keeporder"],
  "--line-buffer": ["--linebuffer"],
  "--workdir": ["--wd"],
  "--block": ["--block-size"],
  "--halt": ["--halt-on-error"],
};
