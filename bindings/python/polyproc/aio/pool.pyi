from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping
from typing import Any, TypeVar, overload

from typing_extensions import Self

from .. import pool
from ..context import BaseContext
from ..targets import Target

_S = TypeVar("_S")
_T = TypeVar("_T")

# A coroutine function is run to its end in the worker. What a target of another language takes and gives is not known
# here.
class Pool:
    shared: pool.Pool
    def __init__(
        self,
        processes: int | None = None,
        initializer: Callable[..., object] | None = None,
        initargs: Iterable[Any] = (),
        maxtasksperchild: int | None = None,
        *,
        ctx: BaseContext | None = None,
    ) -> None: ...
    @overload
    async def apply(
        self, func: Callable[..., Coroutine[Any, Any, _T]], args: Iterable[Any] = (), kwds: Mapping[str, Any] = {}
    ) -> _T: ...
    @overload
    async def apply(self, func: Callable[..., _T], args: Iterable[Any] = (), kwds: Mapping[str, Any] = {}) -> _T: ...
    @overload
    async def apply(self, func: Target, args: Iterable[Any] = (), kwds: Mapping[str, Any] = {}) -> Any: ...
    @overload
    async def map(
        self, func: Callable[[_S], Coroutine[Any, Any, _T]], iterable: Iterable[_S], chunksize: int | None = None
    ) -> list[_T]: ...
    @overload
    async def map(self, func: Callable[[_S], _T], iterable: Iterable[_S], chunksize: int | None = None) -> list[_T]: ...
    @overload
    async def map(self, func: Target, iterable: Iterable[Any], chunksize: int | None = None) -> list[Any]: ...
    @overload
    async def starmap(
        self,
        func: Callable[..., Coroutine[Any, Any, _T]],
        iterable: Iterable[Iterable[Any]],
        chunksize: int | None = None,
    ) -> list[_T]: ...
    @overload
    async def starmap(
        self, func: Callable[..., _T], iterable: Iterable[Iterable[Any]], chunksize: int | None = None
    ) -> list[_T]: ...
    @overload
    async def starmap(
        self, func: Target, iterable: Iterable[Iterable[Any]], chunksize: int | None = None
    ) -> list[Any]: ...
    @overload
    def imap(
        self, func: Callable[[_S], Coroutine[Any, Any, _T]], iterable: Iterable[_S], chunksize: int = 1
    ) -> AsyncIterator[_T]: ...
    @overload
    def imap(self, func: Callable[[_S], _T], iterable: Iterable[_S], chunksize: int = 1) -> AsyncIterator[_T]: ...
    @overload
    def imap(self, func: Target, iterable: Iterable[Any], chunksize: int = 1) -> AsyncIterator[Any]: ...
    @overload
    def imap_unordered(
        self, func: Callable[[_S], Coroutine[Any, Any, _T]], iterable: Iterable[_S], chunksize: int = 1
    ) -> AsyncIterator[_T]: ...
    @overload
    def imap_unordered(
        self, func: Callable[[_S], _T], iterable: Iterable[_S], chunksize: int = 1
    ) -> AsyncIterator[_T]: ...
    @overload
    def imap_unordered(self, func: Target, iterable: Iterable[Any], chunksize: int = 1) -> AsyncIterator[Any]: ...
    def close(self) -> None: ...
    async def terminate(self) -> None: ...
    async def join(self) -> None: ...
    async def __aenter__(self) -> Self: ...
    async def __aexit__(self, *_: object) -> None: ...

__all__ = ["Pool"]
