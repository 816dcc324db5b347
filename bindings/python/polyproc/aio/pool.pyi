from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping
from os import PathLike
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
        daemon: bool = True,
        min_processes: int | None = None,
        idle_timeout: float | None = None,
        cwd: str | PathLike[str] | None = None,
        env: Mapping[str, str | None] | None = None,
        exec_argv: Iterable[str] | None = None,
        resource_limits: Mapping[int, int | tuple[int, int]] | None = None,
        record_timing: bool = False,
        name: str | None = None,
    ) -> None: ...
    @overload
    async def apply(
        self,
        func: Callable[..., Coroutine[Any, Any, _T]],
        args: Iterable[Any] = (),
        kwds: Mapping[str, Any] = {},
        *,
        task_timeout: float | None = None,
        grace: float | None = None,
        retries: int | None = None,
        priority: int | None = None,
    ) -> _T: ...
    @overload
    async def apply(
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
    async def apply(
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
    async def map(
        self,
        func: Callable[[_S], Coroutine[Any, Any, _T]],
        iterable: Iterable[_S],
        chunksize: int | None = None,
        *,
        task_timeout: float | None = None,
        grace: float | None = None,
        retries: int | None = None,
        priority: int | None = None,
        on_progress: Callable[[pool.Progress], object] | None = None,
        fail_fast: bool = False,
    ) -> list[_T]: ...
    @overload
    async def map(
        self,
        func: Callable[[_S], _T],
        iterable: Iterable[_S],
        chunksize: int | None = None,
        *,
        task_timeout: float | None = None,
        grace: float | None = None,
        retries: int | None = None,
        priority: int | None = None,
        on_progress: Callable[[pool.Progress], object] | None = None,
        fail_fast: bool = False,
    ) -> list[_T]: ...
    @overload
    async def map(
        self,
        func: Target,
        iterable: Iterable[Any],
        chunksize: int | None = None,
        *,
        task_timeout: float | None = None,
        grace: float | None = None,
        retries: int | None = None,
        priority: int | None = None,
        on_progress: Callable[[pool.Progress], object] | None = None,
        fail_fast: bool = False,
    ) -> list[Any]: ...
    @overload
    async def starmap(
        self,
        func: Callable[..., Coroutine[Any, Any, _T]],
        iterable: Iterable[Iterable[Any]],
        chunksize: int | None = None,
        *,
        task_timeout: float | None = None,
        grace: float | None = None,
        retries: int | None = None,
        priority: int | None = None,
        on_progress: Callable[[pool.Progress], object] | None = None,
        fail_fast: bool = False,
    ) -> list[_T]: ...
    @overload
    async def starmap(
        self,
        func: Callable[..., _T],
        iterable: Iterable[Iterable[Any]],
        chunksize: int | None = None,
        *,
        task_timeout: float | None = None,
        grace: float | None = None,
        retries: int | None = None,
        priority: int | None = None,
        on_progress: Callable[[pool.Progress], object] | None = None,
        fail_fast: bool = False,
    ) -> list[_T]: ...
    @overload
    async def starmap(
        self,
        func: Target,
        iterable: Iterable[Iterable[Any]],
        chunksize: int | None = None,
        *,
        task_timeout: float | None = None,
        grace: float | None = None,
        retries: int | None = None,
        priority: int | None = None,
        on_progress: Callable[[pool.Progress], object] | None = None,
        fail_fast: bool = False,
    ) -> list[Any]: ...
    @overload
    def imap(
        self,
        func: Callable[[_S], Coroutine[Any, Any, _T]],
        iterable: Iterable[_S],
        chunksize: int = 1,
        *,
        task_timeout: float | None = None,
        grace: float | None = None,
        retries: int | None = None,
        priority: int | None = None,
        on_progress: Callable[[pool.Progress], object] | None = None,
    ) -> AsyncIterator[_T]: ...
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
        on_progress: Callable[[pool.Progress], object] | None = None,
    ) -> AsyncIterator[_T]: ...
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
        on_progress: Callable[[pool.Progress], object] | None = None,
    ) -> AsyncIterator[Any]: ...
    @overload
    def imap_unordered(
        self,
        func: Callable[[_S], Coroutine[Any, Any, _T]],
        iterable: Iterable[_S],
        chunksize: int = 1,
        *,
        task_timeout: float | None = None,
        grace: float | None = None,
        retries: int | None = None,
        priority: int | None = None,
        on_progress: Callable[[pool.Progress], object] | None = None,
    ) -> AsyncIterator[_T]: ...
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
        on_progress: Callable[[pool.Progress], object] | None = None,
    ) -> AsyncIterator[_T]: ...
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
        on_progress: Callable[[pool.Progress], object] | None = None,
    ) -> AsyncIterator[Any]: ...
    async def status(self) -> pool.PoolStatus: ...
    @property
    def timing(self) -> pool.PoolTiming: ...
    def close(self) -> None: ...
    async def terminate(self) -> None: ...
    async def join(self) -> None: ...
    async def __aenter__(self) -> Self: ...
    async def __aexit__(self, *_: object) -> None: ...

__all__ = ["Pool"]
