"""An end of a pipe in this process, and the channels that it has."""

from collections import deque

from .channel import Reader, Writer


class End:
    """
    What this process's objects for one end of a pipe share: the channels that it writes and reads. It goes with the
    last of them.
    """

    def __init__(self, session, handle):
        self.session, self.handle = session, handle
        # A channel to write to, as `pipe/channel` names it.
        self.offer = None
        self.writer = None
        self.reader = None
        # Items that came from the server and follow those in the reader's channel.
        self.late = deque()

    def write(self, data):
        """Tries to send the item through a channel. False: it has to go through the server."""
        if self.offer is not None:
            self._enter()
        writer = self.writer
        if writer is None:
            return False
        if writer.write(data):
            return True
        if self.writer is writer:
            self.writer = None
        return False

    def leave_writer(self):
        """Called before an item goes through the server, so that it follows what is in the channel."""
        writer, self.writer = self.writer, None
        if writer is not None:
            writer.leave()

    def _enter(self):
        # The thread that sends next calls this: what was sent before has been written.
        offer, self.offer = self.offer, None
        if offer is not None and self.writer is None:
            try:
                self.writer = Writer(self, offer)
            except OSError:
                # The server is on another machine, in another container or of another user: it goes on without an
                # answer.
                self.session.channels = False

    def follow(self, params, undo):
        """
        Sends `pipe/follow`, which asks the server for the next item or channel of this end. Returns the request's
        answer.
        """
        return self.session.send("pipe/follow", params, self.told, undo=undo)

    def told(self, answer):
        """
        Handles an answer of the server that may name a channel. The thread that reads calls it, so it is done before
        the server's next message, which may ask this process to leave that channel.
        """
        channel = answer.result.get("channel") if answer.error is None else None
        if channel is None or self.reader is not None and self.reader.number == channel["channel"]:
            return
        try:
            reader = Reader(self, channel)
            if self.reader is not None and self.reader.number == reader.number:
                # A signal handler has made a reader of this channel.
                reader.forked()
            else:
                self.reader = reader
        except OSError:
            session, handle = self.session, self.handle
            session.channels = False
            session.after(lambda: session.notify("pipe/left", {"end": handle, "channel": channel["channel"]}))

    def take(self):
        """The next item, if this process has it. None: ask the server."""
        reader = self.reader
        if reader is not None:
            item = reader.take()
            if item is not None:
                return item
            if self.reader is reader:
                self.reader = None
        return self.late.popleft() if self.late else None

    def is_ready(self, deadline):
        """Waits for an item. Whether there is one; None: ask the server."""
        reader = self.reader
        if reader is not None:
            ready = reader.is_ready(deadline)
            if ready is not None:
                return ready
            if self.reader is reader:
                self.reader = None
        return True if self.late else None

    def forked(self):
        """In a forked child: the channels belong to the parent."""
        self.offer = None
        for one in (self.writer, self.reader):
            if one is not None:
                one.forked()

    def __del__(self):
        for one in (self.writer, self.reader):
            if one is not None:
                try:
                    one.abandoned()
                except Exception:
                    # The interpreter is ending.
                    pass


def end_of(session, handle):
    end = session.ends.get(handle)
    if end is None:
        end = session.ends[handle] = End(session, handle)
        session.listeners.setdefault("pipe/channel", lambda params: _told(session, params))
    return end


def _told(session, params):
    """An offer of a channel, or the request to leave one. Both send, so they are handled once nothing is being read."""
    if params["path"] is None:
        session.after(lambda: _leave(session, params["end"], params["channel"]))
        return
    end = session.ends.get(params["end"])
    if end is not None:
        end.offer = params


def _leave(session, handle, number):
    end = session.ends.get(handle)
    for one in () if end is None else (end.writer, end.reader):
        if one is not None and one.number == number:
            one.leave()
            return
    if end is not None and end.offer is not None and end.offer["channel"] == number:
        end.offer = None
    session.notify("pipe/left", {"end": handle, "channel": number})
