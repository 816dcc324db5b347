"""
`import multiprocessing` means Polyproc in this process: where Polyproc has a name, it is Polyproc's. The rest
(`multiprocessing.dummy`, managers of one's own, the resource tracker …) stays the standard library's, for the parts of
CPython's test file that are not about what Polyproc does.
"""

import importlib
import sys
import types

_OURS = (
    "connection",
    "context",
    "heap",
    "managers",
    "pool",
    "process",
    "queues",
    "reduction",
    "sharedctypes",
    "synchronize",
)
# The whole of it is loaded before any name is replaced.
_STANDARD = (*_OURS, "dummy", "dummy.connection", "resource_tracker", "shared_memory", "util")


def install():
    if getattr(sys.modules.get("multiprocessing"), "is_polyproc", False):
        return
    standard = importlib.import_module("multiprocessing")
    for name in _STANDARD:
        importlib.import_module(f"multiprocessing.{name}")
    ours = importlib.import_module("polyproc")
    package = _overlay("multiprocessing", standard, ours, ours.__all__)
    package.is_polyproc = True
    sys.modules["multiprocessing"] = package
    for name in _OURS:
        module = importlib.import_module(f"polyproc.{name}")
        public = [each for each in vars(module) if not each.startswith("__")]
        overlaid = _overlay(f"multiprocessing.{name}", sys.modules[f"multiprocessing.{name}"], module, public)
        sys.modules[f"multiprocessing.{name}"] = overlaid
        setattr(package, name, overlaid)
    # The tests replace its function that makes names, so it has to be the module itself.
    memory = importlib.import_module("polyproc.shared_memory")
    memory._USE_POSIX = True
    sys.modules["multiprocessing.shared_memory"] = package.shared_memory = memory


def _overlay(name, standard, ours, names):
    module = types.ModuleType(name)
    module.__dict__.update({key: value for key, value in vars(standard).items() if key != "__spec__"})
    module.__dict__.update({each: getattr(ours, each) for each in names})
    return module
