from collections.abc import Callable, Iterable, Iterator, Mapping
from multiprocessing.pool import ThreadPool as ThreadPool
from typing import Any, Generic, TypeVar, overload

from typing_extensions import Self

from ._errors import TimeoutError
from .context import BaseContext
from .targets import Target

_S = TypeVar("_S")
_T = TypeVar("_T")

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
    ) -> None: ...

class IMapIterator(Iterator[_T]):
    def __init__(self, pool: Pool, func: Callable[[_S], _T], iterable: Iterable[_S], chunksize: int = 1) -> None: ...
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
    ) -> None: ...
    @overload
    def apply(self, func: Callable[..., _T], args: Iterable[Any] = (), kwds: Mapping[str, Any] = {}) -> _T: ...
    @overload
    def apply(self, func: Target, args: Iterable[Any] = (), kwds: Mapping[str, Any] = {}) -> Any: ...
    @overload
    def apply_async(
        self,
        func: Callable[..., _T],
        args: Iterable[Any] = (),
        kwds: Mapping[str, Any] = {},
        callback: Callable[[_T], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
    ) -> AsyncResult[_T]: ...
    @overload
    def apply_async(
        self,
        func: Target,
        args: Iterable[Any] = (),
        kwds: Mapping[str, Any] = {},
        callback: Callable[[Any], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
    ) -> AsyncResult[Any]: ...
    @overload
    def map(self, func: Callable[[_S], _T], iterable: Iterable[_S], chunksize: int | None = None) -> list[_T]: ...
    @overload
    def map(self, func: Target, iterable: Iterable[Any], chunksize: int | None = None) -> list[Any]: ...
    @overload
    def map_async(
        self,
        func: Callable[[_S], _T],
        iterable: Iterable[_S],
        chunksize: int | None = None,
        callback: Callable[[list[_T]], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
    ) -> MapResult[_T]: ...
    @overload
    def map_async(
        self,
        func: Target,
        iterable: Iterable[Any],
        chunksize: int | None = None,
        callback: Callable[[list[Any]], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
    ) -> MapResult[Any]: ...
    @overload
    def starmap(
        self, func: Callable[..., _T], iterable: Iterable[Iterable[Any]], chunksize: int | None = None
    ) -> list[_T]: ...
    @overload
    def starmap(self, func: Target, iterable: Iterable[Iterable[Any]], chunksize: int | None = None) -> list[Any]: ...
    @overload
    def starmap_async(
        self,
        func: Callable[..., _T],
        iterable: Iterable[Iterable[Any]],
        chunksize: int | None = None,
        callback: Callable[[list[_T]], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
    ) -> MapResult[_T]: ...
    @overload
    def starmap_async(
        self,
        func: Target,
        iterable: Iterable[Iterable[Any]],
        chunksize: int | None = None,
        callback: Callable[[list[Any]], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
    ) -> MapResult[Any]: ...
    @overload
    def imap(self, func: Callable[[_S], _T], iterable: Iterable[_S], chunksize: int = 1) -> IMapIterator[_T]: ...
    @overload
    def imap(self, func: Target, iterable: Iterable[Any], chunksize: int = 1) -> IMapIterator[Any]: ...
    @overload
    def imap_unordered(
        self, func: Callable[[_S], _T], iterable: Iterable[_S], chunksize: int = 1
    ) -> IMapUnorderedIterator[_T]: ...
    @overload
    def imap_unordered(
        self, func: Target, iterable: Iterable[Any], chunksize: int = 1
    ) -> IMapUnorderedIterator[Any]: ...
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
    exc: str
    value: str
    def __init__(self, exc: object, value: object) -> None: ...

__all__ = ["Pool", "ThreadPool", "AsyncResult", "MapResult", "RemoteTraceback", "MaybeEncodingError", "TimeoutError"]
