"""The package's logger, in children as in their parent; and the names of processes in everybody's records."""

import logging

from . import current

_FORMAT = "[%(levelname)s/%(processName)s] %(message)s"
_to_stderr = False


def get_logger():
    logger = logging.getLogger("polyproc")
    logger.propagate = False
    name_processes()
    return logger


def log_to_stderr(level=None):
    global _to_stderr
    logger = get_logger()
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter(_FORMAT))
    logger.addHandler(handler)
    if level is not None:
        logger.setLevel(level)
    _to_stderr = True
    return logger


def for_children():
    """What a child needs to log as this process does: whether to standard error, and from which level on."""
    return _to_stderr, get_logger().getEffectiveLevel()


def apply(settings):
    """In a child: logs as its parent did when it started this one."""
    to_stderr, level = settings
    get_logger().setLevel(level)
    if to_stderr and not _to_stderr:
        log_to_stderr()


def name_processes():
    """logging asks multiprocessing, and nobody else, for the name of the process: these are told Polyproc's."""
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
