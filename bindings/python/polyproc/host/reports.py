"""A host's reports to the server: values and failures of a task's items, in parts or at its end."""

from .._pools import own_queues
from .._session.frames import frame
from .._session.messages import notification_head, packed_notification
from .._session.params import field, packed_map
from .._values.failure import encoding_error, failure_of
from .._values.msgpack import (
    Unpackable,
    array_head,
    map_head,
    pack_bin,
    pack_float,
    pack_int,
    pack_str,
    scalar_packers,
)
from .._values.payload import (
    PICKLE,
    blob,
    has_large,
    pickled,
    plain_or_pickled,
    too_large,
    with_handles,
)
from .._values.pickling import dumps_apart
from .._values.rope import joined

# Results up to this size are certainly no larger than a message may be.
_SHORT_BYTES = 1024
# What stands between the values of a short result: seq, from, values, ms.
_SHORT_RESULT = notification_head("worker/result") + map_head(5) + pack_str("seq")
_FROM = pack_str("from")
_ONE_VALUE = field("count", 1) + pack_str("values")
_MS = pack_str("ms")
_VALUES = pack_str("values")
_LIST_OF_ONE = array_head(1)


class Reports:
    def __init__(self, session):
        self._session = session

    def value(self, task, at, value, for_python, ms):
        """The task's only item, or its last one, has this value."""
        # Most functions of short tasks return simple values, whatever language calls them.
        packer = scalar_packers.get(type(value)) if own_queues.of_worker() is None else None
        if packer is not None:
            try:
                payload = _LIST_OF_ONE + packer(value)
            except Unpackable:
                payload = None
            if payload is not None and len(payload) < _SHORT_BYTES:
                body = b"".join(
                    (
                        _SHORT_RESULT,
                        pack_int(task["seq"]),
                        _FROM,
                        pack_int(at),
                        _ONE_VALUE,
                        pack_bin(payload),
                        _MS,
                        pack_float(ms),
                    )
                )
                self._session.report(frame(body))
                return
        self.values(task, at, [value], for_python, ms, None)

    def values(self, task, at, values, for_python, ms, next_item):
        """Values of successive items, from number `at` on. `next_item` None: the task is done with them."""
        count = len(values)
        encode = _pickled_list if for_python else _plain_list
        try:
            payload = with_handles(self._session, lambda: encode(values))
        except (Exception, SystemExit) as error:
            if count > 1:
                # In halves, so that each item that cannot be sent fails alone.
                half = count // 2
                self.values(task, at, values[:half], for_python, ms / 2, at + half)
                self.values(task, at + half, values[half:], for_python, ms / 2, next_item)
                return
            if getattr(error, "name", None) == "PayloadTooLarge":
                failure = failure_of(too_large(self._session, "the result takes", error.data["bytes"]), for_python)
            else:
                failure = failure_of(encoding_error(error, values[0]), for_python)
            if next_item is None:
                self.result(task, at, 1, failure=failure, ms=ms)
            else:
                self.part(task, at, 1, next_item, failure=failure, ms=ms)
            return
        if next_item is None:
            self.result(task, at, count, values=payload, ms=ms)
        else:
            self.part(task, at, count, next_item, values=payload, ms=ms)

    def part(self, task, at, count, next_item, values=None, failure=None, ms=None):
        """The outcome of `count` items. The task continues with item `next_item`."""
        members = [*_place(task, at, count), field("next", next_item), *_outcome(values, failure, ms)]
        self._session.report(packed_notification("worker/part", packed_map(members)))
        task["from"] = next_item

    def result(self, task, at, count, values=None, failure=None, ms=None):
        """The outcome of the last `count` items: the task is over."""
        members = [*_place(task, at, count), *_outcome(values, failure, ms)]
        self._session.report(packed_notification("worker/result", packed_map(members)))


def _place(task, at, count):
    """Which items a report is about, as packed members."""
    return field("seq", task["seq"]), field("from", at), field("count", count)


def _outcome(values, failure, ms):
    if values is not None:
        yield _VALUES + values
    if failure is not None:
        yield field("error", failure)
    if ms is not None:
        yield field("ms", ms)


def _pickled_list(values):
    queues = own_queues.of_worker()
    if queues is not None:
        return queues.packed(values)
    return blob(PICKLE, dumps_apart(values)) if has_large(values) else pickled(values)


def _plain_list(values):
    """A list whatever its items are, for a client of any language: what has no plain form is pickled alone."""
    return array_head(len(values)) + joined(list(map(plain_or_pickled, values)))
