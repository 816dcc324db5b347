"""Puts Polyproc in the place of `multiprocessing`, for programs that are not changed."""

import importlib
import sys
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType

from .keepers import let_keep
from .library import replaced

# The modules of which Polyproc has its own. The others (`util`, `dummy` …) involve no process: they stay.
_OURS = (
    "connection",
    "context",
    "heap",
    "managers",
    "pool",
    "process",
    "queues",
    "reduction",
    "shared_memory",
    "sharedctypes",
    "spawn",
    "synchronize",
)
_OTHERS = ("dummy", "dummy.connection", "resource_sharer", "resource_tracker", "util")
# The name under which the standard library's modules find each other from then on.
_ASIDE = "polyproc._standard.multiprocessing"


def install():
    """
    From now on `import multiprocessing` means Polyproc, here and in children, and `concurrent.futures` has Polyproc's
    ProcessPoolExecutor.
    """
    if replaced:
        return
    package = importlib.import_module("multiprocessing")
    # Before any of them is replaced: what they import of each other while they load is the standard library's.
    futures = importlib.import_module("concurrent.futures.process")
    standard = {name: importlib.import_module(f"multiprocessing.{name}") for name in (*_OURS, *_OTHERS)}
    ours = {name: importlib.import_module(f"polyproc.{name}") for name in _OURS if find_spec(f"polyproc.{name}")}
    let_keep(package, _set_aside(package, standard))
    replaced.update({name: standard[name] for name in ours})
    for name, module in ours.items():
        _fall_back(module, standard[name])
        sys.modules[f"multiprocessing.{name}"] = module
        setattr(package, name, module)
    # In place, for modules that have imported the package already.
    polyproc = importlib.import_module("polyproc")
    for name in polyproc.__all__:
        if hasattr(package, name):
            setattr(package, name, getattr(polyproc, name))
    package.reducer = ours["reduction"]
    executor = importlib.import_module("polyproc.futures").ProcessPoolExecutor
    futures.ProcessPoolExecutor = sys.modules["concurrent.futures"].ProcessPoolExecutor = executor


def _set_aside(package, standard):
    """The standard library's modules import each other in their functions, too: there by another name."""
    aside = ModuleType(_ASIDE)
    aside.__dict__.update({key: value for key, value in vars(package).items() if not key.startswith("__")})
    aside.__path__ = package.__path__
    sys.modules[_ASIDE] = aside
    for name, module in standard.items():
        sys.modules[f"{_ASIDE}.{name}"] = module
        if name in _OURS:
            module.__spec__ = ModuleSpec(f"{_ASIDE}.{name}", module.__spec__.loader, origin=module.__spec__.origin)
            module.__package__ = _ASIDE
    return aside


def _fall_back(module, standard):
    """Names that Polyproc's module lacks, mostly private ones, are the standard library's."""
    own = getattr(module, "__getattr__", None)

    def get(name):
        if own is not None:
            try:
                return own(name)
            except AttributeError:
                pass
        try:
            return getattr(standard, name)
        except AttributeError:
            raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}") from None

    module.__getattr__ = get
