"""
The standard library's own resource tracker. Polyproc registers nothing there: the server knows what each process holds.
"""

from multiprocessing.resource_tracker import ResourceTracker, ensure_running, getfd, register, unregister

__all__ = ["ensure_running", "register", "unregister"]
