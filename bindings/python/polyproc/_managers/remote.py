"""
Managers that other programs connect to: the standard library's, whose process is Polyproc's. Their callers speak to
that process through a socket, not through the server.
"""

from functools import lru_cache

from .._processes import current
from .._standard.library import replaced, standard
from ..managed import Namespace
from . import proxies


def standard_manager(registry, sync, place, context):
    """The standard library's manager with these types; `sync`: those of SyncManager, too."""
    managers = _managers()
    kind = type("Manager", (managers.SyncManager if sync else managers.BaseManager,), {})
    if sync and not hasattr(kind, "set"):
        # Only newer versions have it.
        kind.register("set", set, standard_type(proxies.SetProxy))
    for typeid, (callable, proxytype, exposed, kept) in registry.items():
        kind.register(typeid, callable, standard_type(proxytype), exposed, kept or None)
    address, authkey, serializer, shutdown_timeout = place
    manager = kind(address, authkey or current.process.authkey, serializer, context)
    if hasattr(manager, "_shutdown_timeout"):
        # Only newer versions know it.
        manager._shutdown_timeout = shutdown_timeout
    return manager


def needs_threads(registry):
    """Whether a type of proxies is the standard library's: the calls of AcquirerProxy and the like wait."""
    kinds = [entry[1] for entry in registry.values() if entry[1] is not None]
    return any(isinstance(kind, type) and not issubclass(kind, proxies.BaseProxy) for kind in kinds)


def start(manager, owner, sync, initializer, initargs):
    """Starts the manager's process. It ends when `owner` is garbage collected, at the latest. Returns it."""
    if initializer is not None and not callable(initializer):
        raise TypeError("initializer must be a callable")
    managers = _managers()
    if manager._state.value != managers.State.INITIAL:
        manager.get_server()
    context = manager._ctx
    reader, writer = context.Pipe(duplex=False)
    # The proxies' classes stay here: a server needs the functions only.
    registry = {typeid: (*entry[:3], None) for typeid, entry in type(manager)._registry.items()}
    if sync:
        known = managers.SyncManager._registry
        registry = {typeid: entry for typeid, entry in registry.items() if typeid not in known}
    place = manager._address, bytes(manager._authkey), manager._serializer
    process = context.Process(target=_serve, args=(sync, registry, place, writer, initializer, initargs))
    process.name = f"{type(owner).__name__}-{':'.join(map(str, process._identity))}"
    process.start()
    writer.close()
    manager._process, manager._address = process, reader.recv()
    reader.close()
    manager._state.value = managers.State.STARTED
    more = [manager._shutdown_timeout] if hasattr(manager, "_shutdown_timeout") else []
    manager.shutdown = managers.util.Finalize(
        owner,
        type(manager)._finalize_manager,
        args=(process, manager._address, manager._authkey, manager._state, manager._Client, *more),
        exitpriority=0,
    )
    return process


def _serve(sync, registry, place, writer, initializer, initargs):
    """The manager's process."""
    import signal

    # Its owner ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if initializer is not None:
        initializer(*initargs)
    managers = _managers()
    if sync:
        # By a name that means the same where `install` was called, and where it was not.
        namespace = Namespace, *managers.SyncManager._registry["Namespace"][1:]
        registry = {**managers.SyncManager._registry, "Namespace": namespace, **registry}
    server = managers.Server(registry, *place)
    writer.send(server.address)
    writer.close()
    server.serve_forever()


@lru_cache(maxsize=None)
def _managers():
    managers = standard("managers")
    # What raises the errors of connections, too.
    standard("connection")
    bases = (proxies.RemoteError, managers.RemoteError)
    managers.RemoteError = type("RemoteError", bases, {"__module__": "polyproc.managers"})
    reduce = managers.BaseProxy.__reduce__

    def reduce_by_name(self):
        rebuild, (kind, token, serializer, kwds) = reduce(self)
        if isinstance(kind, type) and "_named" in vars(kind):
            return _rebuild, (kind._named, token, serializer, kwds)
        if replaced:
            # `multiprocessing.managers` has Polyproc's classes of these names.
            return _rebuild_standard, (kind.__name__, token, serializer, kwds)
        return rebuild, (kind, token, serializer, kwds)

    managers.BaseProxy.__reduce__ = reduce_by_name
    return managers


@lru_cache(maxsize=None)
def standard_type(kind):
    """The same class of proxies, for a manager of the standard library."""
    managers = _managers()
    if kind is None or not isinstance(kind, type) or not issubclass(kind, proxies.BaseProxy):
        return kind
    if vars(proxies).get(kind.__name__) is kind:
        theirs = getattr(managers, kind.__name__, None)
        if theirs is not None:
            return theirs
    members = {key: value for key, value in vars(kind).items() if key not in ("__dict__", "__weakref__")}
    # The class that programs know, for pickles.
    return type(kind.__name__, tuple(map(standard_type, kind.__bases__)), {**members, "_named": kind})


def _rebuild(kind, token, serializer, kwds):
    return _managers().RebuildProxy(standard_type(kind), token, serializer, kwds)


def _rebuild_standard(name, token, serializer, kwds):
    managers = _managers()
    return managers.RebuildProxy(getattr(managers, name), token, serializer, kwds)
