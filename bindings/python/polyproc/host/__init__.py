"""The worker host: the program in which functions run that a Polyproc server hands out."""
