class Sold(Exception):
    pass


class Thing:
    def __init__(self, name):
        self.name = name


def name_of(thing):
    return thing.name


def sold(thing):
    raise Sold(thing.name)
