"""Copies the output of children to this process's own standard streams."""

import sys

from .._values.msgpack import pack


def copy_output(session):
    """From now on, line by line."""
    session.listeners["events/output"] = _copy
    session.cast("events/watchOutput", pack({"scope": "own", "lossless": True}))
    session.listen()


def _copy(params):
    text = ""
    stream = None
    for line in params["lines"]:
        if line["stream"] != stream:
            _write(stream, text)
            text, stream = "", line["stream"]
        text += line["text"] if line["partial"] else line["text"] + "\n"
    _write(stream, text)


def _write(name, text):
    stream = getattr(sys, name) if name else None
    if stream is None or not text:
        return
    try:
        stream.write(text)
        stream.flush()
    except (OSError, ValueError):
        # A stream that was closed takes nothing; that is no fault of the children.
        pass
