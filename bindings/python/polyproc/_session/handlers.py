"""Exceptions of the program's signal handlers, which are raised in the middle of whatever they interrupt."""

import signal
import threading


def is_from_handler(error):
    """
    Whether a signal handler has raised it. Then it is no failure of what was interrupted, and the program is to see it.
    """
    if threading.current_thread() is not threading.main_thread():
        return False
    codes = {getattr(signal.getsignal(number), "__code__", None) for number in signal.valid_signals()}
    at = error.__traceback__
    while at is not None:
        if at.tb_frame.f_code in codes:
            return True
        at = at.tb_next
    return False
