/** A process as people know it: `4301`, or on a host of a cluster `HOST:4301`. */
export function workerName({ pid, host }: { pid: number; host?: string | undefined }): string {
  return host === undefined ? String(pid) : `${host}:${pid}`;
}
