/** Compiler options of a user's project that is as strict as can be. */
export const strictOptions = {
  target: "ES2023",
  lib: ["ES2023", "ESNext.Disposable"],
  module: "NodeNext",
  strict: true,
  types: ["node"],
} as const;
