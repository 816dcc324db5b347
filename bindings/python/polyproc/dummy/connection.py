"""Pipes between threads. The standard library's own: no process is involved."""

from multiprocessing.dummy.connection import Client, Connection, Listener, Pipe, families

__all__ = ["Client", "Listener", "Pipe"]
