"""A pool's jobs, and the results that users hold."""
