"""Connections that a forked child must not use: they are its parent's."""

import os
import weakref

sessions = weakref.WeakSet()


def _in_child():
    for session in list(sessions):
        session.forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
