/** Variables of the developer's own session, or of node:test's: what a test starts must not see them. */
export const developerVariables = [
  "POLYPROC_ADDRESS",
  "POLYPROC_TOKEN",
  "POLYPROC_INSTANCE",
  "POLYPROC_CHILD",
  "NODE_TEST_CONTEXT",
  "NODE_CHANNEL_FD",
];
