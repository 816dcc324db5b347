import pickle
from _typeshed import SupportsWrite
from collections.abc import Callable
from typing import Any, TypeVar

_T = TypeVar("_T")

HAVE_SEND_HANDLE: bool

class ForkingPickler(pickle.Pickler):
    def __init__(self, *args: Any) -> None: ...
    @classmethod
    def register(cls, type: type[_T], reduce: Callable[[_T], str | tuple[Any, ...]]) -> None: ...
    @classmethod
    def dumps(cls, obj: Any, protocol: int | None = None) -> memoryview: ...
    loads = pickle.loads

register = ForkingPickler.register

def dump(obj: Any, file: SupportsWrite[bytes], protocol: int | None = None) -> None: ...

__all__ = ["ForkingPickler", "dump", "register"]
