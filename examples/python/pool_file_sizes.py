"""
Pool: the sizes of all files below a folder.

    python3 examples/python/pool_file_sizes.py [FOLDER]

FOLDER: default, that of this file.
"""

import os
import sys
import pprint
import polyproc as multiprocessing


def read_filelist(p):
    result = []
    if not os.path.isdir(p):
        result.append(p)
        return result
    for root, dirs, files in os.walk(p):
        for item in files:
            fpath = os.path.join(root, item)
            result.append(fpath)
    return result


def read_filesize(f):
    return os.path.getsize(f), f


if __name__ == "__main__":
    file_list = read_filelist(sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__)))
    pool = multiprocessing.Pool(20)
    file_size = pool.map_async(read_filesize, file_list)
    pool.close()
    pool.join()
    pprint.pprint(file_size.get())
