/** The ending of a file that has functions for the worker hosts of Node and Python. */
export const moduleEnding = /\.(?:[cm]?[jt]s|[jt]sx|py)$/;
