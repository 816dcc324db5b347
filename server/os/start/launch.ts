/** A program to start. Its descriptors: 0 to 2 the standard streams, 3 its connection, from 4 on its channels. */
export interface Launch {
  command: string;
  args: readonly string[];
  cwd: string | undefined;
  env: NodeJS.ProcessEnv;
  /** Whether its standard input is a pipe; otherwise it is empty. */
  stdin: boolean;
  /** Absent: it has no connection, and no channels. */
  channels?: readonly (number | null)[];
}
