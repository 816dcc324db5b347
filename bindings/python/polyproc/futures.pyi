from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar, overload

from typing_extensions import ParamSpec

from . import _errors
from .context import BaseContext
from .targets import Target

_P = ParamSpec("_P")
_T = TypeVar("_T")

class WorkerLost(_errors.WorkerLost, BrokenProcessPool): ...

class ProcessPoolExecutor(Executor):
    def __init__(
        self,
        max_workers: int | None = None,
        mp_context: BaseContext | None = None,
        initializer: Callable[..., object] | None = None,
        initargs: Iterable[Any] = (),
        *,
        max_tasks_per_child: int | None = None,
    ) -> None: ...
    @overload
    def submit(self, __fn: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]: ...
    @overload
    def submit(self, __fn: Target, *args: Any, **kwargs: Any) -> Future[Any]: ...
    @overload
    def map(
        self,
        fn: Callable[..., _T],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,
        buffersize: int | None = None,
    ) -> Iterator[_T]: ...
    @overload
    def map(
        self,
        fn: Target,
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,
        buffersize: int | None = None,
    ) -> Iterator[Any]: ...
    def terminate_workers(self) -> None: ...
    def kill_workers(self) -> None: ...
    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None: ...

class NotUnpickled(BrokenProcessPool): ...

__all__ = ["BrokenProcessPool", "NotUnpickled", "ProcessPoolExecutor", "WorkerLost"]
