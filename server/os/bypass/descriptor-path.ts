/**
 * Under which path other processes of this machine can open what this process has open: without a name in the file system, nothing can be left
 * behind there. It opens for processes of the same user only, and only while the descriptor is open here. Null where the system has no such paths.
 */
export function descriptorPath(fd: number): string | null {
  return process.platform === "linux" ? `/proc/${process.pid}/fd/${fd}` : null;
}
