"""The children of this process, and what they take over from it."""
