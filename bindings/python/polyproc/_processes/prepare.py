"""Gives a child the modules, the folder and the environment of its parent, as `spawn` does."""

import base64
import os
import pickle
import sys

from .._standard.library import replaced
from .._values.pickling import program
from . import current, log
from .main_on_demand import MainOnDemand, become_main

ORIGINAL_DIR = os.getcwd()
# Python takes __file__ away from a script that has run to its end: threads and exit functions may start processes
# still.
_first_main = sys.modules.get("__main__")
_first_path = getattr(_first_main, "__file__", None)
# The environment that a child of this process's server begins with; None: not known.
base_environment = None

executable = None
_applied = set()


def set_executable(path):
    """The interpreter of processes that are started from now on."""
    global executable
    executable = None if path is None or os.fsdecode(path) == sys.executable else os.fsdecode(path)


def context_of(name, session, folder=None, env=(), elsewhere=False):
    """
    Text for the worker host beside a target: opaque to the server, `apply` reads it. `folder`: in place of this
    process's. `env`: names of variables that the server sets otherwise. `elsewhere`: the host is another machine's: it
    gets no secrets, and keeps its own environment and log.
    """
    environment = getattr(session, "environment", base_environment)
    data = {
        "name": name,
        "authkey": bytes(current.process.authkey),
        "sys_path": [ORIGINAL_DIR if entry == "" else entry for entry in sys.path],
        "version": sys.version_info[:2],
        "sys_argv": sys.argv,
        "dir": folder or _folder(),
        "environ": {name: value for name, value in _changes(environment).items() if name not in env},
        **({} if program.has_no_file else _main(sys.modules.get("__main__"))),
    }
    if elsewhere:
        data.update(authkey=None, environ={})
    elif (logs := log.for_children()) is not None:
        data["log"] = logs
    if replaced:
        data["installed"] = True
    return base64.b64encode(pickle.dumps(data, 4)).decode()


def _folder():
    try:
        return os.getcwd()
    except OSError:
        return None


def _changes(base):
    now = {key: value for key, value in os.environ.items() if not key.startswith("POLYPROC_")}
    if base is None:
        return now
    changes = {key: value for key, value in now.items() if base.get(key) != value}
    for key in base:
        if key not in now and not key.startswith("POLYPROC_"):
            changes[key] = None
    return changes


def _main(main):
    """How a child gets this main module. Empty: it cannot, because the program has no file."""
    if isinstance(main, MainOnDemand):
        return main.__polyproc_source__.for_children()
    name = getattr(getattr(main, "__spec__", None), "name", None)
    if name == "__main__" and (file := getattr(main, "__file__", None)) is not None:
        return {"main_name": name, "main_folder": _whole(os.path.dirname(file))}
    if name is not None:
        return {"main_name": name}
    path = getattr(main, "__file__", _first_path if main is _first_main else None)
    if path is None or os.path.splitext(os.path.basename(path))[0] == "ipython":
        return {}
    path = _whole(str(path))
    # The script of a frozen program is in it.
    return {"main_path": path} if os.path.exists(path) or getattr(sys, "frozen", False) else {}


def _whole(path):
    return os.path.normpath(path if os.path.isabs(path) else os.path.join(ORIGINAL_DIR, path))


program.is_found = lambda main: bool(_main(main))


def apply(context):
    """Called in the child, once for each context, before any object of the parent is unpickled."""
    if context is None or context in _applied:
        return
    _applied.add(context)
    data = pickle.loads(base64.b64decode(context))
    if data["authkey"] is not None:
        current.process.authkey = data["authkey"]
    sys.path[:] = _path_of(data)
    sys.argv = data["sys_argv"]
    for key, value in data["environ"].items():
        if value is None:
            os.environ.pop(key, None)
        else:
            os.environ[key] = value
    if data["dir"] is not None:
        try:
            os.chdir(data["dir"])
        except OSError:
            # The folder was removed. Code that needs it will fail and say so.
            pass
    if "installed" in data:
        from .._standard.install import install

        install()
    if "log" in data:
        log.apply(data["log"])
    program.has_no_file = "main_name" not in data and "main_path" not in data
    current.process._inheriting = True
    try:
        if "main_name" in data:
            _run_main_by_name(data["main_name"], data.get("main_folder"))
        elif "main_path" in data:
            _run_main_by_path(data["main_path"])
    finally:
        del current.process._inheriting
    if "logging" in sys.modules:
        log.name_processes()


def _path_of(data):
    """Where modules are looked for: where the parent does, but not in the library of another version of Python."""
    version = data.get("version")
    if version is None or tuple(version) == sys.version_info[:2]:
        return data["sys_path"]
    theirs = {"python{}.{}".format(*version), "python{}{}.zip".format(*version)}
    kept = [entry for entry in data["sys_path"] if theirs.isdisjoint(os.path.normpath(entry).split(os.sep))]
    return kept + [entry for entry in sys.path if entry not in kept]


def _run_main_by_name(name, folder):
    if folder is not None or name.endswith(".__main__"):
        sys.modules["__main__"] = sys.modules["__mp_main__"] = MainOnDemand(name, folder)
        return
    if name == "__main__" or getattr(getattr(sys.modules["__main__"], "__spec__", None), "name", None) == name:
        return
    import runpy

    become_main(runpy.run_module(name, run_name="__mp_main__", alter_sys=True))


def _run_main_by_path(path):
    if getattr(sys.modules["__main__"], "__file__", None) == path or not os.path.exists(path):
        return
    import runpy

    become_main(runpy.run_path(path, run_name="__mp_main__"))
