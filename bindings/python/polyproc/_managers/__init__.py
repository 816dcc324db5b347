"""Managers: the proxies that stand for their objects, and the calls of their worker."""
