import ctypes
from collections.abc import Callable, Iterable, Mapping, Sequence
from ctypes import _CData, _SimpleCData
from logging import Logger
from os import PathLike
from types import ModuleType
from typing import Any, ClassVar, Literal, TypeVar, overload

from typing_extensions import Self

from . import _errors, connection, managers, pool, process, queues, sharedctypes, synchronize
from .targets import Target

_T = TypeVar("_T")
_CT = TypeVar("_CT", bound=_CData)

# What a context makes and a manager passes on. The type of a queue's items is what the caller says it is: `q:
# Queue[int] = polyproc.Queue()`.
class _Makes:
    def Lock(self, *, name: str | None = None, cluster: str | None = None) -> synchronize.Lock: ...
    def RLock(self, *, name: str | None = None) -> synchronize.RLock: ...
    def Condition(
        self,
        lock: synchronize.Lock | synchronize.RLock | None = None,
        *,
        name: str | None = None,
    ) -> synchronize.Condition: ...
    def Semaphore(
        self, value: int = 1, *, name: str | None = None, cluster: str | None = None
    ) -> synchronize.Semaphore: ...
    def BoundedSemaphore(
        self, value: int = 1, *, name: str | None = None, cluster: str | None = None
    ) -> synchronize.BoundedSemaphore: ...
    def Event(self, *, name: str | None = None) -> synchronize.Event: ...
    def Barrier(
        self,
        parties: int,
        action: Callable[[], object] | None = None,
        timeout: float | None = None,
        *,
        name: str | None = None,
    ) -> synchronize.Barrier: ...
    def Queue(self, maxsize: int = 0, *, name: str | None = None, cluster: str | None = None) -> queues.Queue[Any]: ...
    def JoinableQueue(
        self, maxsize: int = 0, *, name: str | None = None, cluster: str | None = None
    ) -> queues.JoinableQueue[Any]: ...
    def Pool(
        self,
        processes: int | None = None,
        initializer: Callable[..., object] | None = None,
        initargs: Iterable[Any] = (),
        maxtasksperchild: int | None = None,
        *,
        daemon: bool = True,
        min_processes: int | None = None,
        idle_timeout: float | None = None,
        cwd: str | PathLike[str] | None = None,
        env: Mapping[str, str | None] | None = None,
        exec_argv: Iterable[str] | None = None,
        resource_limits: Mapping[int, int | tuple[int, int]] | None = None,
        record_timing: bool = False,
        name: str | None = None,
        max_queue: int | None = None,
        cluster: str | None = None,
        needs: Iterable[str] = (),
    ) -> pool.Pool: ...

class BaseContext(_Makes):
    ProcessError: ClassVar[type[_errors.ProcessError]]
    BufferTooShort: ClassVar[type[_errors.BufferTooShort]]
    TimeoutError: ClassVar[type[_errors.TimeoutError]]
    AuthenticationError: ClassVar[type[_errors.AuthenticationError]]
    def __init__(self, session: Any = None) -> None: ...
    @staticmethod
    def current_process() -> process.BaseProcess: ...
    @staticmethod
    def parent_process() -> process.BaseProcess | None: ...
    @staticmethod
    def active_children() -> list[process.BaseProcess]: ...
    def Process(
        self,
        group: None = None,
        target: Callable[..., object] | Target | None = None,
        name: str | None = None,
        args: Iterable[Any] = (),
        kwargs: Mapping[str, Any] = {},
        *,
        daemon: bool | None = None,
        on_parent_death: Literal["end", "continue"] | None = None,
        stdin: int | None = None,
        stdout: int | None = None,
        stderr: int | None = None,
    ) -> process.Process: ...
    def Manager(self) -> managers.SyncManager: ...
    def Pipe(self, duplex: bool = True) -> tuple[connection.Connection, connection.Connection]: ...
    def SimpleQueue(self, *, name: str | None = None) -> queues.SimpleQueue[Any]: ...
    # As in sharedctypes.
    @overload
    def RawValue(self, typecode_or_type: type[_CT], *args: Any) -> _CT: ...
    @overload
    def RawValue(self, typecode_or_type: str, *args: Any) -> Any: ...
    @overload
    def RawArray(self, typecode_or_type: type[_CT], size_or_initializer: int | Sequence[Any]) -> ctypes.Array[_CT]: ...
    @overload
    def RawArray(self, typecode_or_type: str, size_or_initializer: int | Sequence[Any]) -> ctypes.Array[Any]: ...
    @overload
    def Value(self, typecode_or_type: type[_CT], *args: Any, lock: Literal[False]) -> _CT: ...
    @overload
    def Value(
        self,
        typecode_or_type: type[_SimpleCData[_T]],
        *args: Any,
        lock: Literal[True] | synchronize.Lock | synchronize.RLock | None = True,
    ) -> sharedctypes.Synchronized[_T]: ...
    @overload
    def Value(
        self,
        typecode_or_type: str,
        *args: Any,
        lock: Literal[True] | synchronize.Lock | synchronize.RLock | None = True,
    ) -> sharedctypes.Synchronized[Any]: ...
    @overload
    def Value(
        self,
        typecode_or_type: str | type[_CData],
        *args: Any,
        lock: bool | synchronize.Lock | synchronize.RLock | None = True,
    ) -> Any: ...
    @overload
    def Array(
        self, typecode_or_type: type[_CT], size_or_initializer: int | Sequence[Any], *, lock: Literal[False]
    ) -> ctypes.Array[_CT]: ...
    @overload
    def Array(
        self, typecode_or_type: str, size_or_initializer: int | Sequence[Any], *, lock: Literal[False]
    ) -> ctypes.Array[Any]: ...
    @overload
    def Array(
        self,
        typecode_or_type: type[ctypes.c_char] | Literal["c"],
        size_or_initializer: int | Sequence[Any],
        *,
        lock: Literal[True] | synchronize.Lock | synchronize.RLock | None = True,
    ) -> sharedctypes.SynchronizedString: ...
    @overload
    def Array(
        self,
        typecode_or_type: type[_SimpleCData[_T]],
        size_or_initializer: int | Sequence[Any],
        *,
        lock: Literal[True] | synchronize.Lock | synchronize.RLock | None = True,
    ) -> sharedctypes.SynchronizedArray[_T]: ...
    @overload
    def Array(
        self,
        typecode_or_type: str | type[_CData],
        size_or_initializer: int | Sequence[Any],
        *,
        lock: Literal[True] | synchronize.Lock | synchronize.RLock | None = True,
    ) -> sharedctypes.SynchronizedArray[Any]: ...
    @overload
    def Array(
        self,
        typecode_or_type: str | type[_CData],
        size_or_initializer: int | Sequence[Any],
        *,
        lock: bool | synchronize.Lock | synchronize.RLock | None = True,
    ) -> Any: ...
    def cpu_count(self) -> int: ...
    def freeze_support(self) -> None: ...
    def set_executable(self, executable: str | bytes | PathLike[str] | PathLike[bytes] | None) -> None: ...
    def get_context(self, method: str | None = None) -> Self: ...
    def get_start_method(self, allow_none: bool = False) -> str: ...
    def set_start_method(self, method: str | None, force: bool = False) -> None: ...
    def get_all_start_methods(self) -> list[str]: ...
    def set_forkserver_preload(self, module_names: list[str]) -> None: ...
    def allow_connection_pickling(self) -> None: ...
    @property
    def reducer(self) -> ModuleType: ...
    def get_logger(self) -> Logger: ...
    def log_to_stderr(self, level: str | int | None = None) -> Logger: ...
    def close(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...

class DefaultContext(BaseContext):
    @property
    def Process(self) -> type[process.Process]: ...
    def get_context(self, method: str | None = None) -> SpawnContext: ...  # type: ignore[override]

class ForkProcess(process.BaseProcess): ...
class ForkServerProcess(ForkProcess): ...
class SpawnProcess(process.Process): ...

class SpawnContext(BaseContext):
    @property
    def Process(self) -> type[SpawnProcess]: ...

class ForkContext(BaseContext):
    def __init__(self) -> None: ...

class ForkServerContext(ForkContext): ...

Process = process.Process
default_context: DefaultContext

def assert_spawning(obj: object) -> None: ...
def check_method(method: str | None) -> None: ...
def connect(address: str, token: str | None = None, *, trust_blobs: bool | None = None) -> BaseContext: ...
