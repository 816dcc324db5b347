"""The page by which free locks are taken and released without a message."""

import os

from .._bypass.memory import open_file
from .._native import native
from .._session.params import NO_PARAMS


def ask_for_page(session):
    """Sends the request for the page. The first one for a lock follows it, and is answered after it."""
    if native is not None and session.page_answer is None and session.facts["capabilities"]["counters"]:
        session.page_answer = session.send("lock/attach", NO_PARAMS)


def page_of(session):
    """The session's page. None if it has none, or if this process cannot map it."""
    if session.words is None and session.page_answer is not None:
        result = session.wait(session.page_answer, raises=False)
        place = result and result["words"]
        if place and session.error is None:
            session.page_answer.result = None
            # Of two threads that map it at once, one gives way: the session leaves one page.
            session.words = session.pages.setdefault(0, _mapped(session, place))
    return session.words


def _mapped(session, place):
    try:
        fd = open_file(place)
    except OSError:
        return None
    try:
        return native.Page(fd, place["number"], session.casts)
    except OSError:
        return None
    finally:
        os.close(fd)
