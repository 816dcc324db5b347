"""Run as `python -m shop`: as in multiprocessing, children do not load this file."""

import multiprocessing

from .goods import Sold, Thing, name_of, sold


multiprocessing.set_start_method("spawn")
with multiprocessing.Pool(1) as pool:
    print(pool.map(name_of, [Thing("a")]))
    try:
        pool.apply(sold, (Thing("b"),))
    except Sold as error:
        print("Sold", error)
