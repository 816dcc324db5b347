"""Programs whose main module is in a zip file or a folder, or has no file: interactive, or of -c."""

import os
import subprocess
import sys
import zipfile

HELPERS = """
class Oops(Exception):
    pass


def twice(n):
    if n < 0:
        raise Oops(n)
    return n * 2
"""

# Its children need nothing that it defines: multiprocessing's could not import it, and Polyproc's may.
MAIN = """
import multiprocessing
import helpers


if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    with multiprocessing.Pool(1) as pool:
        print(pool.map(helpers.twice, [1, 2]))
        try:
            pool.apply(helpers.twice, (-1,))
        except helpers.Oops as error:
            print("Oops", error)
    process = multiprocessing.Process(target=helpers.twice, args=(1,))
    process.start()
    process.join()
    print(process.exitcode)

"""


def run(*args, text=None):
    finished = subprocess.run([sys.executable, *args], input=text, capture_output=True, text=True)
    print(args[0], finished.stdout.strip(), finished.returncode, sep="\n  ")


os.mkdir("folder")
for name, text in (("helpers", HELPERS), ("folder/helpers", HELPERS), ("folder/__main__", MAIN)):
    with open(name + ".py", "w") as file:
        file.write(text)
with zipfile.ZipFile("program.pyz", "w") as archive:
    archive.write("folder/helpers.py", "helpers.py")
    archive.write("folder/__main__.py", "__main__.py")
run("folder")
run("program.pyz")
run("-c", MAIN)
run("-i", text=MAIN)
