"""What was submitted to an executor is done before exit functions run."""

import atexit
import time
import multiprocessing
from concurrent.futures import ProcessPoolExecutor


def double(n):
    time.sleep(0.05)
    return n * 2


if __name__ == "__main__":
    print(multiprocessing.current_process().name, flush=True)
    executor = ProcessPoolExecutor(1)
    futures = [executor.submit(double, n) for n in range(4)]
    atexit.register(lambda: print([future.result() for future in futures], flush=True))
    print("end of the main script", flush=True)
