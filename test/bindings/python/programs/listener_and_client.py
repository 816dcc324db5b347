"""Sockets of multiprocessing.connection, with keys, and descriptors that go to other processes."""

import multiprocessing
import os
import socket
import threading
from multiprocessing import connection, reduction
from multiprocessing.connection import Client, Listener


def calls(address, key):
    with Client(address, authkey=key) as conn:
        conn.send({"pid is mine": conn.recv() != os.getpid()})


def writes(sock, name):
    with sock:
        sock.sendall(f"through a {name}".encode())


def answers(conn):
    conn.send(conn.recv() * 2)
    conn.close()


def receives(conn):
    descriptor = reduction.recv_handle(conn)
    os.write(descriptor, b"by its number")
    os.close(descriptor)


def refused(address, came):
    try:
        Client(address, authkey=b"wrong")
    except multiprocessing.AuthenticationError as error:
        came.append(f"refused: {error}, {isinstance(error, multiprocessing.ProcessError)}")


if __name__ == "__main__":
    multiprocessing.freeze_support()
    context = multiprocessing.get_context("spawn")
    with Listener(authkey=b"secret") as listener:
        process = context.Process(target=calls, args=(listener.address, b"secret"))
        process.start()
        with listener.accept() as conn:
            conn.send(os.getpid())
            print(conn.recv())
        process.join()

        # The key of the program is its children's, too.
    with Listener(authkey=multiprocessing.current_process().authkey) as listener:
        process = context.Process(target=calls, args=(listener.address, multiprocessing.current_process().authkey))
        process.start()
        with listener.accept() as conn:
            conn.send(os.getpid())
            print(conn.recv(), listener.last_accepted is None or type(listener.last_accepted).__name__)
        process.join()

    with Listener(("localhost", 0), authkey=b"right") as listener:
        came = []
        thread = threading.Thread(target=refused, args=(listener.address, came))
        thread.start()
        try:
            listener.accept()
        except multiprocessing.AuthenticationError as error:
            print("not accepted:", error)
        thread.join()
        print(*came)

    # A connection that this program accepted, handed to a child.
    with Listener() as listener:
        thread = threading.Thread(target=lambda: kept.append(Client(listener.address)))
        kept = []
        thread.start()
        accepted = listener.accept()
        thread.join()
    process = context.Process(target=answers, args=(accepted,))
    process.start()
    kept[0].send(21)
    accepted.close()
    print(kept[0].recv(), connection.wait(kept) == kept)
    process.join()

    ours, theirs = socket.socketpair()
    process = context.Process(target=writes, args=(theirs, "socket in an argument"))
    process.start()
    print(ours.recv(100).decode())
    process.join()

    here, there = context.Pipe()
    process = context.Process(target=receives, args=(there,))
    process.start()
    read, write = os.pipe()
    reduction.send_handle(here, write, process.pid)
    os.close(write)
    print(os.read(read, 100).decode())
    process.join()
