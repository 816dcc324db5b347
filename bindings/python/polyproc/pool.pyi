from collections.abc import Callable, Iterable, Iterator, Mapping
from multiprocessing.pool import ThreadPool as ThreadPool
from os import PathLike
from typing import Any, Generic, Literal, TypeVar, overload

from typing_extensions import Self

from ._errors import TimeoutError
from .context import BaseContext
from .process import BaseProcess
from .targets import Target

_S = TypeVar("_S")
_T = TypeVar("_T")

class Progress:
    def __init__(self, *values: object) -> None: ...
    done: int
    failed: int
    total: int | None
    index: int
    count: int
    seconds: float
    pid: int

class PoolStatus:
    def __init__(self, *values: object) -> None: ...
    state: Literal["running", "closed", "terminated"]
    processes: int
    workers: int
    busy: int
    queued: int
    done: int
    failed: int

class Durations:
    def __init__(self, *values: object) -> None: ...
    count: int
    min: float
    mean: float
    p50: float
    p90: float
    p99: float
    max: float

class PoolTiming:
    def __init__(self, *values: object) -> None: ...
    run: Durations
    wait: Durations

class ApplyResult(Generic[_T]):
    def __init__(
        self,
        pool: Pool,
        callback: Callable[[_T], object] | None,
        error_callback: Callable[[BaseException], object] | None,
    ) -> None: ...
    def get(self, timeout: float | None = None) -> _T: ...
    def wait(self, timeout: float | None = None) -> None: ...
    def ready(self) -> bool: ...
    def successful(self) -> bool: ...

AsyncResult = ApplyResult

class MapResult(ApplyResult[list[_T]]):
    def __init__(
        self,
        pool: Pool,
        length: int,
        callback: Callable[[list[_T]], object] | None,
        error_callback: Callable[[BaseException], object] | None,
        options: Any = ...,
    ) -> None: ...

class IMapIterator(Iterator[_T]):
    def __init__(
        self, pool: Pool, func: Callable[[_S], _T], iterable: Iterable[_S], chunksize: int = 1, options: Any = ...
    ) -> None: ...
    def __iter__(self) -> Self: ...
    def __next__(self, timeout: float | None = None) -> _T: ...
    def next(self, timeout: float | None = None) -> _T: ...
    def __del__(self) -> None: ...

class IMapUnorderedIterator(IMapIterator[_T]): ...

# A target is a function of another language: what it takes and gives is not known here.
class Pool:
    def __init__(
        self,
        processes: int | None = None,
        initializer: Callable[..., object] | None = None,
        initargs: Iterable[Any] = (),
        maxtasksperchild: int | None = None,
        context: BaseContext | None = None,
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
    ) -> None: ...
    @staticmethod
    def Process(ctx: BaseContext, *args: Any, **kwds: Any) -> BaseProcess: ...
    @overload
    def apply(
        self,
        func: Callable[..., _T],
        args: Iterable[Any] = (),
        kwds: Mapping[str, Any] = {},
        *,
        task_timeout: float | None = None,
        grace: float | None = None,
        retries: int | None = None,
        priority: int | None = None,
    ) -> _T: ...
    @overload
    def apply(
        self,
        func: Target,
        args: Iterable[Any] = (),
        kwds: Mapping[str, Any] = {},
        *,
        task_timeout: float | None = None,
        grace: float | None = None,
        retries: int | None = None,
        priority: int | None = None,
    ) -> Any: ...
    @overload
    def apply_async(
        self,
        func: Callable[..., _T],
        args: Iterable[Any] = (),
        kwds: Mapping[str, Any] = {},
        callback: Callable[[_T], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
        *,
        task_timeout: float | None = None,
        grace: float | None = None,
        retries: int | None = None,
        priority: int | None = None,
    ) -> AsyncResult[_T]: ...
    @overload
    def apply_async(
        self,
        func: Target,
        args: Iterable[Any] = (),
        kwds: Mapping[str, Any] = {},
        callback: Callable[[Any], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
        *,
        task_timeout: float | None = None,
        grace: float | None = None,
        retries: int | None = None,
        priority: int | None = None,
    ) -> AsyncResult[Any]: ...
    @overload
    def map(
        self,
        func: Callable[[_S], _T],
        iterable: Iterable[_S],
        chunksize: int | None = None,
        *,
        task_timeout: float | None = None,
        grace: float | None = None,
        retries: int | None = None,
        priority: int | None = None,
        on_progress: Callable[[Progress], object] | None = None,
        fail_fast: bool = False,
    ) -> list[_T]: ...
    @overload
    def map(
        self,
        func: Target,
        iterable: Iterable[Any],
        chunksize: int | None = None,
        *,
        task_timeout: float | None = None,
        grace: float | None = None,
        retries: int | None = None,
        priority: int | None = None,
        on_progress: Callable[[Progress], object] | None = None,
        fail_fast: bool = False,
    ) -> list[Any]: ...
    @overload
    def map_async(
        self,
        func: Callable[[_S], _T],
        iterable: Iterable[_S],
        chunksize: int | None = None,
        callback: Callable[[list[_T]], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
        *,
        task_timeout: float | None = None,
        grace: float | None = None,
        retries: int | None = None,
        priority: int | None = None,
        on_progress: Callable[[Progress], object] | None = None,
        fail_fast: bool = False,
    ) -> MapResult[_T]: ...
    @overload
    def map_async(
        self,
        func: Target,
        iterable: Iterable[Any],
        chunksize: int | None = None,
        callback: Callable[[list[Any]], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
        *,
        task_timeout: float | None = None,
        grace: float | None = None,
        retries: int | None = None,
        priority: int | None = None,
        on_progress: Callable[[Progress], object] | None = None,
        fail_fast: bool = False,
    ) -> MapResult[Any]: ...
    @overload
    def starmap(
        self,
        func: Callable[..., _T],
        iterable: Iterable[Iterable[Any]],
        chunksize: int | None = None,
        *,
        task_timeout: float | None = None,
        grace: float | None = None,
        retries: int | None = None,
        priority: int | None = None,
        on_progress: Callable[[Progress], object] | None = None,
        fail_fast: bool = False,
    ) -> list[_T]: ...
    @overload
    def starmap(
        self,
        func: Target,
        iterable: Iterable[Iterable[Any]],
        chunksize: int | None = None,
        *,
        task_timeout: float | None = None,
        grace: float | None = None,
        retries: int | None = None,
        priority: int | None = None,
        on_progress: Callable[[Progress], object] | None = None,
        fail_fast: bool = False,
    ) -> list[Any]: ...
    @overload
    def starmap_async(
        self,
        func: Callable[..., _T],
        iterable: Iterable[Iterable[Any]],
        chunksize: int | None = None,
        callback: Callable[[list[_T]], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
        *,
        task_timeout: float | None = None,
        grace: float | None = None,
        retries: int | None = None,
        priority: int | None = None,
        on_progress: Callable[[Progress], object] | None = None,
        fail_fast: bool = False,
    ) -> MapResult[_T]: ...
    @overload
    def starmap_async(
        self,
        func: Target,
        iterable: Iterable[Iterable[Any]],
        chunksize: int | None = None,
        callback: Callable[[list[Any]], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
        *,
        task_timeout: float | None = None,
        grace: float | None = None,
        retries: int | None = None,
        priority: int | None = None,
        on_progress: Callable[[Progress], object] | None = None,
        fail_fast: bool = False,
    ) -> MapResult[Any]: ...
    @overload
    def imap(
        self,
        func: Callable[[_S], _T],
        iterable: Iterable[_S],
        chunksize: int = 1,
        *,
        task_timeout: float | None = None,
        grace: float | None = None,
        retries: int | None = None,
        priority: int | None = None,
        on_progress: Callable[[Progress], object] | None = None,
    ) -> IMapIterator[_T]: ...
    @overload
    def imap(
        self,
        func: Target,
        iterable: Iterable[Any],
        chunksize: int = 1,
        *,
        task_timeout: float | None = None,
        grace: float | None = None,
        retries: int | None = None,
        priority: int | None = None,
        on_progress: Callable[[Progress], object] | None = None,
    ) -> IMapIterator[Any]: ...
    @overload
    def imap_unordered(
        self,
        func: Callable[[_S], _T],
        iterable: Iterable[_S],
        chunksize: int = 1,
        *,
        task_timeout: float | None = None,
        grace: float | None = None,
        retries: int | None = None,
        priority: int | None = None,
        on_progress: Callable[[Progress], object] | None = None,
    ) -> IMapUnorderedIterator[_T]: ...
    @overload
    def imap_unordered(
        self,
        func: Target,
        iterable: Iterable[Any],
        chunksize: int = 1,
        *,
        task_timeout: float | None = None,
        grace: float | None = None,
        retries: int | None = None,
        priority: int | None = None,
        on_progress: Callable[[Progress], object] | None = None,
    ) -> IMapUnorderedIterator[Any]: ...
    def wait_for_room(self, timeout: float | None = None) -> bool: ...
    def status(self) -> PoolStatus: ...
    @property
    def timing(self) -> PoolTiming: ...
    def close(self) -> None: ...
    def terminate(self) -> None: ...
    def join(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...
    def __del__(self) -> None: ...

class RemoteTraceback(Exception):
    tb: str
    def __init__(self, tb: str) -> None: ...

class MaybeEncodingError(Exception):
    reason: BaseException | None
    exc: str
    value: str
    def __init__(self, exc: object, value: object) -> None: ...

__all__ = [
    "Pool",
    "ThreadPool",
    "AsyncResult",
    "MapResult",
    "RemoteTraceback",
    "MaybeEncodingError",
    "TimeoutError",
    "Progress",
    "PoolStatus",
    "PoolTiming",
    "Durations",
]
