"""Run as `python -m shop.run`."""

import multiprocessing

from .goods import Thing, name_of


class Till(Exception):
    pass


def pay(thing):
    if thing is None:
        raise Till("empty")
    return Thing(thing.name + " paid")


def main():
    with multiprocessing.Pool(1) as pool:
        print(pool.map(name_of, [Thing("a")]), pool.apply(pay, (Thing("b"),)).name)
        try:
            pool.apply(pay, (None,))
        except Till as error:
            print("Till", error, __name__, __spec__.name)


if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    main()
