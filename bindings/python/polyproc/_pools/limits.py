"""Limits of a worker's resources, set in the worker before anything else runs there."""


def check_limits(limits):
    """The limits as pairs. ValueError for one that the module `resource` does not know."""
    try:
        import resource
    except ImportError:
        raise ValueError("resource_limits: this system has no module `resource`") from None
    known = {getattr(resource, name): name for name in dir(resource) if name.startswith("RLIMIT_")}
    checked = []
    for limit, value in dict(limits).items():
        if limit not in known:
            raise ValueError(f"resource_limits: {limit!r} is none of {', '.join(sorted(known.values()))}")
        both = (value, value) if isinstance(value, int) else tuple(value)
        if len(both) != 2 or not all(isinstance(one, int) for one in both):
            raise ValueError(f"resource_limits: {known[limit]} must be a number or (soft, hard); got {value!r}")
        checked.append((limit, both))
    return checked


def limited(limits, initializer, initargs):
    """Runs in the worker, as the pool's initializer."""
    import resource

    for limit, both in limits:
        resource.setrlimit(limit, both)
    if initializer is not None:
        initializer(*initargs)
