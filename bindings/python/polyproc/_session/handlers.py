"""Exceptions of the program's signal handlers, which can interrupt any code of the binding."""

import signal
import threading


def is_from_handler(error):
    """
    Whether a signal handler has raised the error. Then the interrupted code has not failed, and the program must see
    the error.
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
