"""`python -m polyproc SCRIPT …`: runs a program whose `multiprocessing` is Polyproc."""

import builtins
import os
import pkgutil
import runpy
import sys
from importlib.machinery import FileFinder, SourceFileLoader
from types import ModuleType

from ._standard.install import install

_USAGE = """usage: python -m polyproc [-c CODE | -m MODULE | SCRIPT | -] [ARGUMENT ...]

Runs a Python program, unchanged, whose multiprocessing is Polyproc. SCRIPT may also be a folder or a zip file with a
__main__.py; "-" reads the program from standard input.
"""


def main():
    """Runs the program that the command line names."""
    arguments = sys.argv[1:]
    if not arguments or arguments[0] in ("-h", "--help"):
        (sys.stdout if arguments else sys.stderr).write(_USAGE)
        sys.exit(0 if arguments else 2)
    first, rest = arguments[0], arguments[1:]
    if first in ("-c", "-m") and not rest:
        sys.exit(f"polyproc: {first} needs an argument\n{_USAGE}")
    if first.startswith("-") and first not in ("-", "-c", "-m"):
        sys.exit(f"polyproc: unknown option {first!r}: options of Python go before -m\n{_USAGE}")
    install()
    if first == "-m":
        _run_module(rest[0], rest[1:])
    elif first == "-c":
        _run_code(rest[0], "<string>", ["-c", *rest[1:]], "")
    elif first == "-":
        _run_code(sys.stdin.read(), "<stdin>", arguments, "")
    else:
        _run_script(first, arguments)


def _main_module():
    """A fresh `__main__`, as the program expects it."""
    module = ModuleType("__main__")
    module.__builtins__ = builtins
    sys.modules["__main__"] = sys.modules["__mp_main__"] = module
    return module


def _run_code(source, title, argv, folder):
    module = _main_module()
    sys.argv, sys.path[0] = argv, folder
    exec(compile(source, title, "exec"), module.__dict__)


def _run_module(name, arguments):
    _main_module()
    sys.argv = [sys.argv[0], *arguments]
    runpy._run_module_as_main(name)


def _run_script(path, argv):
    importer = pkgutil.get_importer(path)
    if os.path.isdir(path) or not isinstance(importer, (FileFinder, type(None))):
        # A folder or a zip file.
        _main_module()
        sys.argv, sys.path[0] = argv, os.path.abspath(path)
        runpy._run_module_as_main("__main__", alter_argv=False)
        return
    try:
        with open(path, "rb") as file:
            source = file.read()
    except OSError as error:
        sys.exit(f"polyproc: can't open file {path!r}: {error.strerror}")
    # As Python gives them to a script: `argv` has its path as it was typed, all else the whole path.
    whole = os.path.abspath(path)
    module = _main_module()
    module.__file__, module.__cached__ = whole, None
    module.__loader__ = SourceFileLoader("__main__", whole)
    sys.argv, sys.path[0] = argv, os.path.dirname(os.path.realpath(path))
    exec(compile(source, whole, "exec"), module.__dict__)


if __name__ == "__main__":
    main()
