"""
Libraries that build on private parts of `multiprocessing` and start processes of their own: below `install`, too, they
get the standard library's. A program that uses them need not know.
"""

import builtins
import importlib
import sys
from importlib.machinery import PathFinder, SourceFileLoader

# joblib's default backend is its copy of loky.
_KEEPERS = ("loky", "joblib.externals.loky")
_PACKAGE = "multiprocessing"


def let_keep(package, aside):
    """`aside`: the package, as the standard library has it. `package` is about to become Polyproc's."""
    view = {**vars(builtins), "__import__": _importing(aside)}
    for name, module in list(sys.modules.items()):
        if _keeps(name):
            _give(module, package, aside, view)
    sys.meta_path.insert(0, _Finder(view))


def _keeps(name):
    return any(name == keeper or name.startswith(f"{keeper}.") for keeper in _KEEPERS)


def _give(module, package, aside, view):
    """To a module that has run: the names that it imported from the package are the standard library's already."""
    for key, value in list(vars(module).items()):
        if value is package:
            setattr(module, key, aside)
    vars(module)["__builtins__"] = view


def _importing(aside):
    def import_(name, globals=None, locals=None, fromlist=(), level=0):
        if level != 0 or name.partition(".")[0] != _PACKAGE:
            return builtins.__import__(name, globals, locals, fromlist, level)
        kept = aside.__name__ + name[len(_PACKAGE) :]
        if fromlist:
            return builtins.__import__(kept, globals, locals, fromlist)
        # `import multiprocessing.queues` binds the package.
        importlib.import_module(kept)
        return aside

    return import_


class _Loader(SourceFileLoader):
    """Runs a module whose `import multiprocessing` means the standard library's."""

    def __init__(self, fullname, path, view):
        super().__init__(fullname, path)
        self._view = view

    def exec_module(self, module):
        vars(module)["__builtins__"] = self._view
        super().exec_module(module)


class _Finder:
    def __init__(self, view):
        self._view = view

    def find_spec(self, name, path=None, target=None):
        """
        The module's spec, if the module belongs to a library that keeps the standard library's package; otherwise None.
        """
        spec = PathFinder.find_spec(name, path, target) if _keeps(name) else None
        if spec is not None and type(spec.loader) is SourceFileLoader:
            spec.loader = _Loader(name, spec.origin, self._view)
        return spec
