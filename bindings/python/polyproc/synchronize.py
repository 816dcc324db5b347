"""Lock, RLock, Semaphore, BoundedSemaphore, Event, Condition, Barrier."""

from . import _shared
from ._server import at_exit  # noqa: F401
from ._sync.barrier import Barrier
from ._sync.condition import Condition
from ._sync.event import Event
from ._sync.lock import Lock, RLock
from ._sync.sem_lock import RECURSIVE_MUTEX, SEM_VALUE_MAX, SEMAPHORE, SemLock  # noqa: F401
from ._sync.semaphore import BoundedSemaphore, Semaphore

for _class in (Lock, RLock, Semaphore, Event, Condition, Barrier):
    _shared.classes[_class._kind] = _class
__all__ = ["Lock", "RLock", "Semaphore", "BoundedSemaphore", "Condition", "Event", "Barrier", "SemLock"]
