/** Whether other processes of this machine can open a descriptor of this process. */
export const sharesDescriptors = process.platform === "linux";

/**
 * A path by which other processes of this machine can open a descriptor of this process. The file needs no name in a
 * folder, so a death leaves nothing behind. The path works only for the same user, and while the descriptor is open
 * here. Null on systems without such paths.
 */
export function descriptorPath(fd: number): string | null {
  return sharesDescriptors ? `/proc/${process.pid}/fd/${fd}` : null;
}
