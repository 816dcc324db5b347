"""
Values of other clients' process trees. What is pickled runs code when it is opened, so a session that was opened with
`blobs: "own"` has the server mark what does not come from its own tree, and opens of that only what is plain data.
"""

from .._errors import UntrustedBlob
from .msgpack import BLOB, Ext, unpack
from .stored import bytes_of


class Foreign:
    """A payload, the client that it came from, and the object that it came through."""

    __slots__ = ("payload", "origin", "place")

    def __init__(self, payload, origin, place):
        self.payload, self.origin, self.place = payload, origin, place

    def check(self):
        """
        Fails with UntrustedBlob when there is a private value of a language in it, of any: passed on, it would count as
        this session's own.
        """
        payload = self.payload

        def look(code, data):
            if code == BLOB:
                raise UntrustedBlob(
                    f"{self.place} holds a pickled or other private value of client {self.origin}, which is not "
                    f"of this program's process tree: "
                    "opening it could run that client's code. If you trust every client of the server, connect "
                    "with trust_blobs=True or "
                    "POLYPROC_TRUST_BLOBS=1; otherwise have it send plain data",
                    {"origin": self.origin, "object": self.place},
                )
            return Ext(code, data)

        unpack(payload if type(payload) is bytes else bytes_of(payload[0]), look)


def first_item(result, place):
    """The first item of a queue's answer."""
    item = result["items"][0]
    origins = result.get("origins")
    return item if origins is None or origins[0] is None else Foreign(item, origins[0], place)


def item_of(result, place):
    """The item of a pipe's answer; None when it has none."""
    item, origin = result.get("item"), result.get("origin")
    return item if origin is None else Foreign(item, origin, place)


def trusts_all(trust_blobs, kind):
    """
    Whether blobs are trusted: by the argument of `connect`, else by the environment, else by the kind of address.
    Servers in the network have clients of other people.
    """
    if trust_blobs is None:
        import os

        said = os.environ.get("POLYPROC_TRUST_BLOBS", "")
        if said not in ("", "0", "1"):
            raise ValueError(
                f"POLYPROC_TRUST_BLOBS must be 1 (open what any client pickled) or 0 (of one's own process tree "
                f"only); got {said!r}"
            )
        return said == "1" if said else kind not in ("tcp", "tls")
    return bool(trust_blobs)
