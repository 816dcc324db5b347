"""The standard library's own multiprocessing, for what involves no process of Polyproc's."""
