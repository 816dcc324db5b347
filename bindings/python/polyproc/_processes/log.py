"""The standard library's logger of multiprocessing, in children as in their parent; and the names of processes."""

import sys

from . import current


def get_logger():
    from multiprocessing import util

    name_processes()
    return util.get_logger()


def log_to_stderr(level=None):
    from multiprocessing import util

    name_processes()
    return util.log_to_stderr(level)


def for_children():
    """
    What a child needs to log like this process: whether to standard error, and from which level on. None if this
    process does not log.
    """
    util = sys.modules.get("multiprocessing.util")
    if util is None or not util._logger:
        return None
    return util._log_to_stderr, util._logger.getEffectiveLevel()


def apply(settings):
    """In a child: logs as its parent did when it started this one."""
    from multiprocessing import util

    to_stderr, level = settings
    get_logger().setLevel(level)
    if to_stderr and not util._log_to_stderr:
        util.log_to_stderr()


def info(message, *args):
    """Logs an action of this process, if logging is on."""
    util = sys.modules.get("multiprocessing.util")
    if util is not None:
        util.info(message, *args)


def name_processes():
    """Gives log records Polyproc's name of the process. logging asks only multiprocessing for it."""
    import logging

    make = logging.getLogRecordFactory()
    if getattr(make, "names_processes", False):
        return

    def record(*args, **kwargs):
        made = make(*args, **kwargs)
        # None: the program wants no names.
        if made.processName == "MainProcess":
            made.processName = current.process.name
        return made

    record.names_processes = True
    logging.setLogRecordFactory(record)
