from typing import Any, Generic, TypeVar, overload

from typing_extensions import Self

from .. import connection as _connection, queues as _queues, synchronize as _synchronize
from .connection import Connection
from .queues import JoinableQueue, Queue, SimpleQueue
from .synchronize import Barrier, BoundedSemaphore, Condition, Event, Lock, RLock, Semaphore

_S = TypeVar("_S")
_T = TypeVar("_T")

faces: dict[type, type[Face[Any]]]

@overload
def awaitable(shared: _synchronize.Lock) -> Lock: ...
@overload
def awaitable(shared: _synchronize.RLock) -> RLock: ...
@overload
def awaitable(shared: _synchronize.BoundedSemaphore) -> BoundedSemaphore: ...
@overload
def awaitable(shared: _synchronize.Semaphore) -> Semaphore: ...
@overload
def awaitable(shared: _synchronize.Event) -> Event: ...
@overload
def awaitable(shared: _synchronize.Condition) -> Condition: ...
@overload
def awaitable(shared: _synchronize.Barrier) -> Barrier: ...
@overload
def awaitable(shared: _queues.JoinableQueue[_T]) -> JoinableQueue[_T]: ...
@overload
def awaitable(shared: _queues.Queue[_T]) -> Queue[_T]: ...
@overload
def awaitable(shared: _queues.SimpleQueue[_T]) -> SimpleQueue[_T]: ...
@overload
def awaitable(shared: _connection.Connection) -> Connection: ...

class Face(Generic[_S]):
    shared: _S
    @classmethod
    def of(cls, shared: _S) -> Self: ...
