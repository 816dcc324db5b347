"""The objects by which processes wait for each other: their classes, which users find in `polyproc.synchronize`."""

# Where users find the classes.
MODULE = "polyproc.synchronize"
