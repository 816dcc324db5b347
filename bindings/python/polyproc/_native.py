"""The part of the binding that is written in C. It is optional: without it, locks are taken by messages alone."""

import os
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))
# In an archive of this package, beside the bundled server of an editor, and in the checkout and the npm package.
_FOLDERS = ("_node/dist/native", "../../dist/native", "../../../dist/native")

# What the classes of the file take and give. `native/python.c` has the same number: raise both when that changes.
_ABI = 1


def _load():
    if (
        os.environ.get("POLYPROC_NATIVE") == "none"
        or sys.platform != "linux"
        or sys.implementation.name != "cpython"
        # Without a GIL, objects have another layout.
        or "t" in sys.abiflags
    ):
        return None
    name = f"python-linux-{_machine()}.abi3.so"
    for folder in _FOLDERS:
        path = os.path.normpath(os.path.join(_HERE, folder, name))
        if os.path.exists(path):
            return _open(path)
    return None


def _machine():
    """The processor as Node names it."""
    machine = os.uname().machine
    return {"x86_64": "x64", "aarch64": "arm64"}.get(machine, machine)


def _open(path):
    from importlib.machinery import ExtensionFileLoader, ModuleSpec

    loader = ExtensionFileLoader("polyproc.words", path)
    try:
        module = loader.create_module(ModuleSpec("polyproc.words", loader, origin=path))
        loader.exec_module(module)
    except ImportError:
        # It is of another C library, or this interpreter may not load it.
        return None
    # A checkout may still have the file that it had before an update.
    return module if getattr(module, "abi", None) == _ABI else None


# None where there is none.
native = _load()
