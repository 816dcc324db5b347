"""
What the standard library's `multiprocessing.util` has: finalizers, functions after a fork, the logger. None of it
involves a process of Polyproc's, so it is the standard library's own.
"""

from multiprocessing.util import (
    DEBUG,
    DEFAULT_LOGGING_FORMAT,
    INFO,
    LOGGER_NAME,
    MAXFD,
    NOTSET,
    close_fds,
    spawnv_passfds,
    SUBDEBUG,
    SUBWARNING,
    Finalize,
    ForkAwareLocal,
    ForkAwareThreadLock,
    close_all_fds_except,
    debug,
    get_temp_dir,
    info,
    is_exiting,
    register_after_fork,
    sub_debug,
    sub_warning,
)

from ._processes.log import get_logger, log_to_stderr

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
