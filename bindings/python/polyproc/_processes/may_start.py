"""Whether this process may start others."""

from . import current

_UNGUARDED = """a process is to be started before this one has finished its bootstrapping phase.

Children load the main script, as this one does just now. What starts processes must run in the program itself only:

    if __name__ == '__main__':
        main()

"""


def check_may_start():
    """Whether this process may start others now."""
    # First: a worker that loads the main script is daemonic, too.
    if getattr(current.process, "_inheriting", False):
        raise RuntimeError(_UNGUARDED)
    assert not current.process._config.get("daemon"), "daemonic processes are not allowed to have children"
