import ctypes
from collections.abc import Iterator, Sequence
from ctypes import _CData, _SimpleCData
from typing import Any, Generic, Literal, TypeVar, overload

from .context import BaseContext
from .synchronize import Lock, RLock

_T = TypeVar("_T")
_CT = TypeVar("_CT", bound=_CData)

@overload
def RawValue(typecode_or_type: type[_CT], *args: Any, ctx: BaseContext | None = None) -> _CT: ...
@overload
def RawValue(typecode_or_type: str, *args: Any, ctx: BaseContext | None = None) -> Any: ...
@overload
def RawArray(
    typecode_or_type: type[_CT], size_or_initializer: int | Sequence[Any], *, ctx: BaseContext | None = None
) -> ctypes.Array[_CT]: ...
@overload
def RawArray(
    typecode_or_type: str, size_or_initializer: int | Sequence[Any], *, ctx: BaseContext | None = None
) -> ctypes.Array[Any]: ...

# What is Any in the end is a structure, whose fields become attributes, or has a lock or not.
@overload
def Value(typecode_or_type: type[_CT], *args: Any, lock: Literal[False], ctx: BaseContext | None = None) -> _CT: ...
@overload
def Value(
    typecode_or_type: type[_SimpleCData[_T]],
    *args: Any,
    lock: Literal[True] | Lock | RLock | None = True,
    ctx: BaseContext | None = None,
) -> Synchronized[_T]: ...
@overload
def Value(
    typecode_or_type: str,
    *args: Any,
    lock: Literal[True] | Lock | RLock | None = True,
    ctx: BaseContext | None = None,
) -> Synchronized[Any]: ...
@overload
def Value(
    typecode_or_type: str | type[_CData],
    *args: Any,
    lock: bool | Lock | RLock | None = True,
    ctx: BaseContext | None = None,
) -> Any: ...
@overload
def Array(
    typecode_or_type: type[_CT],
    size_or_initializer: int | Sequence[Any],
    *,
    lock: Literal[False],
    ctx: BaseContext | None = None,
) -> ctypes.Array[_CT]: ...
@overload
def Array(
    typecode_or_type: str,
    size_or_initializer: int | Sequence[Any],
    *,
    lock: Literal[False],
    ctx: BaseContext | None = None,
) -> ctypes.Array[Any]: ...
@overload
def Array(
    typecode_or_type: type[ctypes.c_char] | Literal["c"],
    size_or_initializer: int | Sequence[Any],
    *,
    lock: Literal[True] | Lock | RLock | None = True,
    ctx: BaseContext | None = None,
) -> SynchronizedString: ...
@overload
def Array(
    typecode_or_type: type[_SimpleCData[_T]],
    size_or_initializer: int | Sequence[Any],
    *,
    lock: Literal[True] | Lock | RLock | None = True,
    ctx: BaseContext | None = None,
) -> SynchronizedArray[_T]: ...
@overload
def Array(
    typecode_or_type: str | type[_CData],
    size_or_initializer: int | Sequence[Any],
    *,
    lock: Literal[True] | Lock | RLock | None = True,
    ctx: BaseContext | None = None,
) -> SynchronizedArray[Any]: ...
@overload
def Array(
    typecode_or_type: str | type[_CData],
    size_or_initializer: int | Sequence[Any],
    *,
    lock: bool | Lock | RLock | None = True,
    ctx: BaseContext | None = None,
) -> Any: ...
def copy(obj: _CT) -> _CT: ...
def synchronized(obj: _CData, lock: Lock | RLock | None = None, ctx: BaseContext | None = None) -> Any: ...

class SynchronizedBase(Generic[_CT]):
    def __init__(self, obj: _CT, lock: Lock | RLock | None = None, ctx: BaseContext | None = None) -> None: ...
    def acquire(self, block: bool = True, timeout: float | None = None) -> bool: ...
    def release(self) -> None: ...
    def get_obj(self) -> _CT: ...
    def get_lock(self) -> Lock | RLock: ...
    def __enter__(self) -> bool: ...
    def __exit__(self, *args: object) -> None: ...

class Synchronized(SynchronizedBase[_SimpleCData[_T]], Generic[_T]):
    value: _T

class SynchronizedArray(SynchronizedBase[ctypes.Array[Any]], Generic[_T]):
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[_T]: ...
    @overload
    def __getitem__(self, index: int) -> _T: ...
    @overload
    def __getitem__(self, index: slice) -> list[_T]: ...
    @overload
    def __setitem__(self, index: int, value: _T) -> None: ...
    @overload
    def __setitem__(self, index: slice, value: Sequence[_T]) -> None: ...

class SynchronizedString(SynchronizedArray[bytes]):
    value: bytes
    raw: bytes

__all__ = ["RawValue", "RawArray", "Value", "Array", "copy", "synchronized"]
