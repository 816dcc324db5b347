import { spawn } from "node:child_process";

/**
 * Ends a process and its descendants. Windows has no SIGTERM, so SIGTERM and SIGKILL both do this. Written from the
 * documentation of `taskkill`; not run on Windows.
 */
export function killWindowsTree(pid: number): void {
  const taskkill = spawn("taskkill", ["/pid", String(pid), "/T", "/F"], { stdio: "ignore", windowsHide: true });
  taskkill.on("error", () => {
    try {
      process.kill(pid);
    } catch {
      // It has ended.
    }
  });
}
