import { execFileSync } from "node:child_process";

/** Whether this user may put a small tmpfs in the place of /dev/shm, in a mount namespace of a test's own. */
export const mayMount = (() => {
  try {
    execFileSync("unshare", ["-m", "mount", "-t", "tmpfs", "none", "/dev/shm"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();
