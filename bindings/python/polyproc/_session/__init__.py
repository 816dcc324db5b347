"""One connection with a server, and the threads that share it."""
