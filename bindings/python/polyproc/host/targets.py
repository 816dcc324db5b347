"""The function of a target that names a module and an export, or brings its source text."""

import importlib
import importlib.util
import os
import sys

from .._errors import TargetNotFound
from .._processes import prepare
from .._values.failure import format_stack


def load(target):
    """The function of a target. Its context has been applied."""
    if "source" in target:
        return _of_source(target)
    path = _path_of(target["module"])
    module = _loaded(path)
    name = target.get("export")
    if name is None:
        raise TargetNotFound(
            f"a Python target needs the name of a function: {path} has {_names(module)}", {"module": path}
        )
    value = module
    for part in name.split("."):
        try:
            value = getattr(value, part)
        except AttributeError:
            raise TargetNotFound(
                f"{path} has no {name!r}; it has {_names(module)}", {"module": path, "export": name}
            ) from None
    return callable_of(value, name)


def callable_of(value, name):
    if isinstance(value, type) and callable(getattr(value, "run", None)):
        return lambda *args, **kwargs: value(*args, **kwargs).run()
    if not callable(value):
        raise TargetNotFound(
            f"{name!r} is {type(value).__name__}, not a function or a class with run()", {"export": name}
        )
    return value


def _path_of(module):
    if module.startswith("file:"):
        from urllib.parse import unquote, urlsplit

        return unquote(urlsplit(module).path)
    return module


def _loaded(path):
    """The module. Raises TargetNotFound, which says why it cannot be loaded, with the traceback in its data."""
    try:
        return _module(path)
    except TargetNotFound:
        raise
    except (Exception, SystemExit) as error:
        data = {"module": path, "stack": format_stack(error)}
        raise TargetNotFound(
            f"module {path} failed while it was loaded: {type(error).__qualname__}: {error}", data
        ) from error


def _module(path):
    if not os.path.exists(path):
        raise TargetNotFound(f"{path} does not exist: check the path, which must be absolute", {"module": path})
    path = os.path.realpath(path)
    folder, name = os.path.split(path)
    name = os.path.splitext(name)[0]
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if file is not None and os.path.realpath(file) == path and module.__name__ != "__main__":
            return module
    # A module of a package is known by its dotted name.
    while os.path.exists(os.path.join(folder, "__init__.py")):
        folder, package = os.path.split(folder)
        name = f"{package}.{name}"
    if name.endswith(".__init__"):
        name = name[: -len(".__init__")]
    if folder not in sys.path:
        sys.path.insert(0, folder)
    found = importlib.util.find_spec(name.partition(".")[0]) if name.isidentifier() or "." in name else None
    if found is not None and ("." in name or found.origin and os.path.realpath(found.origin) == path):
        return importlib.import_module(name)
    # Another module has this name, or it is not a module's name: this one gets its own.
    name = f"{os.path.splitext(os.path.basename(path))[0]}@{path}"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


def _names(module):
    names = sorted(name for name, value in vars(module).items() if callable(value) and not name.startswith("_"))
    return ", ".join(names[:20]) or "no functions"


def _of_source(target):
    source = target["source"]
    folder = target.get("cwd")
    if folder is not None and folder not in sys.path:
        sys.path.insert(0, folder)
    scope = {"__name__": "__polyproc_source__"}
    import linecache

    title = f"<source {abs(hash(source)):x}>"
    linecache.cache[title] = (len(source), None, source.splitlines(True), title)
    try:
        try:
            return callable_of(eval(compile(source.strip(), title, "eval"), scope), "the source text")
        except SyntaxError:
            exec(compile(source, title, "exec"), scope)
    except SyntaxError as error:
        raise TargetNotFound(f"the source text has a syntax error: {error}", {}) from None
    functions = [value for name, value in scope.items() if name != "__builtins__" and callable(value)]
    if not functions:
        raise TargetNotFound("the source text defines no function: give a lambda, or a def", {})
    return callable_of(functions[-1], "the source text")


class Targets:
    """The targets that the server has sent to this host, by number. Each is loaded when it is first needed."""

    def __init__(self):
        self._targets = {}
        self._loaded = {}

    def add(self, number, target):
        self._targets[number] = target
        self._loaded.pop(number, None)

    def prepare(self, number):
        """Makes this process see what the target's own process sees. True when that, or the loading, took time."""
        context = self._targets[number].get("context")
        if context is None or context in prepare._applied:
            return False
        prepare.apply(context)
        return True

    def has(self, number):
        return number in self._targets

    def is_loaded(self, number):
        return number in self._loaded

    def get(self, number):
        if number not in self._loaded:
            self._loaded[number] = load(self._targets[number])
        return self._loaded[number]
