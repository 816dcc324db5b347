"""Which server a program uses, and how it is started, connected and left."""
