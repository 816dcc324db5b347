from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from typing_extensions import Self

from .. import process
from ..context import BaseContext

class Process:
    shared: process.BaseProcess
    def __init__(
        self,
        group: None = None,
        target: Callable[..., object] | None = None,
        name: str | None = None,
        args: Iterable[Any] = (),
        kwargs: Mapping[str, Any] = {},
        *,
        daemon: bool | None = None,
        on_parent_death: Literal["end", "continue"] | None = None,
        ctx: BaseContext | None = None,
    ) -> None: ...
    @classmethod
    def of(cls, shared: process.BaseProcess) -> Self: ...
    async def start(self) -> None: ...
    async def join(self, timeout: float | None = None) -> None: ...
    async def is_alive(self) -> bool: ...
    async def terminate(self) -> None: ...
    async def kill(self) -> None: ...
    @property
    def exitcode(self) -> int | None: ...
    @property
    def name(self) -> str: ...
    @property
    def daemon(self) -> bool: ...
    @property
    def pid(self) -> int | None: ...
    @property
    def ident(self) -> int | None: ...

__all__ = ["Process"]
