"""The main module of a child whose parent's program is a `__main__.py`."""

import runpy
import sys
import threading
from types import ModuleType

from . import current


class MainOnDemand(ModuleType):
    """
    `__main__` of a package, a folder or a zip file. Such a file usually runs its program without a guard, so a child
    must not run it unasked. It is run, as `__mp_main__`, when something is looked up in it: a function that a task
    calls. A program without a guard then fails, and says so.
    """

    def __init__(self, name, folder):
        super().__init__("__main__")
        # The package's name with `.__main__`, or `__main__` itself in `folder`, which may be a zip file.
        self.__dict__.update(_name=name, _folder=folder, _lock=threading.RLock(), _failure=None, _is_running=False)

    def how(self):
        """How a child of this process gets the same main module."""
        return {"main_name": self._name, "main_folder": self._folder}

    def __getattr__(self, name):
        # Names that Python and libraries look up in every module are no reason to run it.
        if name.startswith("__") or self._is_running:
            raise AttributeError(f"module '__main__' has no attribute {name!r}")
        with self._lock:
            main = sys.modules["__main__"]
            if main is self:
                main = self._run()
        return getattr(main, name)

    def _run(self):
        if self._failure is not None:
            raise self._failure
        self._is_running = current.process._inheriting = True
        try:
            if self._folder is None:
                contents = runpy.run_module(self._name, run_name="__mp_main__", alter_sys=True)
            else:
                contents = runpy.run_path(self._folder, run_name="__mp_main__")
        except BaseException as error:
            # Not run again for each task: it may have begun something.
            self._failure = error
            raise
        finally:
            self._is_running = False
            del current.process._inheriting
        return become_main(contents)


def become_main(contents):
    """Makes a module of what the main module's code has left. From now on it is `__main__`."""
    main = ModuleType("__mp_main__")
    main.__dict__.update(contents)
    sys.modules["__main__"] = sys.modules["__mp_main__"] = main
    return main
