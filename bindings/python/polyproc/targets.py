"""Functions that are not this program's: of other languages, by file and name, and commands."""

import os


class Target:
    """In place of a function, for Pool and Process. Its arguments and results are plain values."""

    def __init__(self, **wire):
        self._wire = {key: value for key, value in wire.items() if value is not None}
        self._key = repr(sorted(self._wire.items()))

    def wire(self):
        return self._wire

    def __eq__(self, other):
        return isinstance(other, Target) and self._key == other._key

    def __hash__(self):
        return hash(self._key)

    def __repr__(self):
        return f"Target({', '.join(f'{key}={value!r}' for key, value in self._wire.items())})"


def module(path, export, runtime=None):
    """The function (or class with `run`) that a file exports: `module("digest.js", "digest")`. The runtime follows from the file's ending."""
    return Target(module=os.path.abspath(path) if not path.startswith("file:") else path, export=export, runtime=runtime)


def source(text, runtime):
    """A self-contained function's text: `source("(n) => n * n", "node")`."""
    return Target(source=text, runtime=runtime)


def command(program, args=(), *, cwd=None, env=None, input=None, check=None, max_output_bytes=None):
    """A program. `{item}` in its arguments stands for the item. The result is a dict: exitCode, signal, stdout, stderr, truncated."""
    return Target(command=program, args=list(args), cwd=cwd, env=env, input=input, check=check, maxOutputBytes=max_output_bytes)
