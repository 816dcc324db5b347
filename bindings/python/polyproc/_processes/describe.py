"""How a Python function is named in messages."""

import sys


def describe(target):
    """A function or class as a target of the wire, for display. The function itself travels pickled."""
    target = getattr(target, "__func__", target)
    if not isinstance(target, type) and not hasattr(target, "__code__"):
        target = getattr(target, "func", None) or (target if hasattr(target, "__qualname__") else type(target))
    module = sys.modules.get(getattr(target, "__module__", None) or "builtins")
    path = getattr(module, "__file__", None) or getattr(target, "__module__", None) or "builtins"
    # A debugger's `__file__` is a subclass of str, which no message has.
    return {
        "module": str(path),
        "export": getattr(target, "__qualname__", type(target).__qualname__),
        "runtime": "python",
    }
