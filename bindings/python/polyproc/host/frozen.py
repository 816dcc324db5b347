"""Frozen programs: `sys.executable` is the program itself, so a worker begins as the program does."""

import os
import sys

# What the server gives the interpreter of a worker.
_HOST = os.path.join("polyproc", "host")


def freeze_support():
    """In a worker of a frozen program: runs the worker host, and ends. Otherwise there is nothing to do."""
    if getattr(sys, "frozen", False) and len(sys.argv) == 2 and os.path.normpath(sys.argv[1]).endswith(_HOST):
        from .main import main

        main()
        sys.exit()
