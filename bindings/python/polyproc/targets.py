"""Functions that are not this program's: of other languages, by file and name, and commands."""

import os
import re
import warnings

_SHELL = re.compile(r"(?:.*/)?(sh|bash|dash|zsh|ksh)")
_COMMAND_OPTION = re.compile(r"-[a-zA-Z]*c[a-zA-Z]*")
# Not {index}, which is a number, nor {{item}}, which stands for itself.
_ITEM = re.compile(r"(?<!\{)\{item(?:\.[A-Za-z_][\w.-]*)?\}(?!\})")


class Target:
    """In place of a function, for Pool and Process. Its arguments and results are plain values."""

    def __init__(self, **wire):
        self._wire = {key: value for key, value in wire.items() if value is not None}
        self._key = repr(sorted(self._wire.items()))

    def wire(self):
        """The target as messages have it: a dict."""
        return self._wire

    def __eq__(self, other):
        return isinstance(other, Target) and self._key == other._key

    def __hash__(self):
        return hash(self._key)

    def __repr__(self):
        return f"Target({', '.join(f'{key}={value!r}' for key, value in self._wire.items())})"


def module(path, export, runtime=None, *, interpreter=None):
    """
    The function (or class with `run`) that a file exports: `module("digest.js", "digest")`.

    `path`: path of the file, or its `file:` URL.
    `export`: the function's name; `a.b` is the member `b` of the export `a`.
    `runtime`: what runs it, such as "node"; default: by the file's ending.
    `interpreter`: path of the program that runs it, such as an environment's bin/python; default for Python: that of
    the environment nearest to the file, unless the server was told which one to use, else python3.
    """
    return Target(
        module=os.path.abspath(path) if not path.startswith("file:") else path,
        export=export,
        runtime=runtime,
        interpreter=interpreter,
    )


def source(text, runtime):
    """A self-contained function's text: `source("(n) => n * n", "node")`."""
    return Target(source=text, runtime=runtime)


def command(program, args=(), *, cwd=None, env=None, input=None, check=None, max_output_bytes=None):
    """
    A program. `{item}` in its arguments stands for the item. The result is a dict: exitCode, signal, stdout, stderr,
    truncated. No shell is involved; for one, write `command("sh", ["-c", 'gzip -c "$1" > "$1.gz"', "sh", "{item}"])`,
    not `{item}` inside of the text, where any item could be a command.
    """
    _warn_of_shell([program, *args])
    return Target(
        command=program, args=list(args), cwd=cwd, env=env, input=input, check=check, maxOutputBytes=max_output_bytes
    )


def _warn_of_shell(words):
    """
    Of a command that puts the item into the text of a shell's program. A text that is the placeholder alone is meant to
    be run.
    """
    shell = next((at for at, word in enumerate(words) if _SHELL.fullmatch(word)), None)
    if shell is None:
        return
    option = next((at for at in range(shell + 1, len(words)) if _COMMAND_OPTION.fullmatch(words[at])), len(words))
    text = next((word for word in words[option + 1 :] if not word.startswith(("-", "+"))), "")
    found = _ITEM.search(text)
    if found is None or found[0] == text:
        return
    name = words[shell]
    warnings.warn(
        f'{found[0]} stands inside of the program that {name} -c runs, so an item such as "; rm -r ." is run, too. '
        f'Pass it as an argument, and write "$1" for it: {name} -c \'… "$1"\' {name} {found[0]}',
        stacklevel=3,
    )
