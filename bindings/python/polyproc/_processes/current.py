"""The process that runs this code, and the process that started it."""

# Process objects, which `polyproc.process` sets. The program itself has no parent.
process = None
parent = None

# The context of the package's own names, which `polyproc.context` sets.
default_context = None
