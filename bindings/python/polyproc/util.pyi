from logging import Logger
from multiprocessing.util import (
    DEBUG as DEBUG,
    DEFAULT_LOGGING_FORMAT as DEFAULT_LOGGING_FORMAT,
    INFO as INFO,
    LOGGER_NAME as LOGGER_NAME,
    MAXFD as MAXFD,
    NOTSET as NOTSET,
    spawnv_passfds as spawnv_passfds,
    SUBDEBUG as SUBDEBUG,
    SUBWARNING as SUBWARNING,
    Finalize as Finalize,
    ForkAwareLocal as ForkAwareLocal,
    ForkAwareThreadLock as ForkAwareThreadLock,
    close_all_fds_except as close_all_fds_except,
    debug as debug,
    get_temp_dir as get_temp_dir,
    info as info,
    is_exiting as is_exiting,
    register_after_fork as register_after_fork,
    sub_debug as sub_debug,
    sub_warning as sub_warning,
)

def close_fds(*fds: int) -> None: ...
def get_logger() -> Logger: ...
def log_to_stderr(level: str | int | None = None) -> Logger: ...

__all__ = [
    "SUBDEBUG",
    "SUBWARNING",
    "Finalize",
    "ForkAwareLocal",
    "ForkAwareThreadLock",
    "close_all_fds_except",
    "debug",
    "get_logger",
    "get_temp_dir",
    "info",
    "is_exiting",
    "log_to_stderr",
    "register_after_fork",
    "sub_debug",
    "sub_warning",
]
