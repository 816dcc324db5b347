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
        # The only name that this module has: any other may be the program's.
        self.__polyproc_source__ = _Source(self, name, folder)

    def __getattr__(self, name):
        # Names that Python and libraries look up in every module are no reason to run it.
        if name.startswith("__"):
            raise AttributeError(f"module '__main__' has no attribute {name!r}")
        return getattr(self.__polyproc_source__.module(), name)


class _Source:
    def __init__(self, stands_in, name, folder):
        self._stands_in = stands_in
        # The package's name with `.__main__`, or `__main__` itself in `folder`, which may be a zip file.
        self._name = name
        self._folder = folder
        self._lock = threading.RLock()
        self._is_running = False
        self._failure = self._traceback = None

    def for_children(self):
        """How a child of this process gets the same main module."""
        return {"main_name": self._name, "main_folder": self._folder}

    def module(self):
        """The module of the file, which is run once. Other threads wait for that."""
        with self._lock:
            main = sys.modules["__main__"]
            if main is not self._stands_in:
                return main
            if self._is_running:
                raise AttributeError("the main module looks up a name in itself while it is run")
            # Not run again for each task: it may have begun something.
            if self._failure is None:
                return self._run()
            # Each raise would lengthen its traceback.
            raise self._failure.with_traceback(self._traceback)

    def _run(self):
        self._is_running = current.process._inheriting = True
        try:
            if self._folder is None:
                contents = runpy.run_module(self._name, run_name="__mp_main__", alter_sys=True)
            else:
                contents = runpy.run_path(self._folder, run_name="__mp_main__")
        except BaseException as error:
            self._failure, self._traceback = error, error.__traceback__
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
