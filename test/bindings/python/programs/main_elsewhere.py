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

# A worker cannot import its main module. What Polyproc does then is another test's subject.
WITHOUT_LOCAL = ("target=local", "target=helpers.twice")

MAIN = """
import multiprocessing
import helpers


def local(n):
    return n


if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    with multiprocessing.Pool(1) as pool:
        print(pool.map(helpers.twice, [1, 2]))
        try:
            pool.apply(helpers.twice, (-1,))
        except helpers.Oops as error:
            print("Oops", error)
    process = multiprocessing.Process(target=local, args=(1,))
    process.start()
    process.join()
    print(process.exitcode)

"""


def run(*args, text=None):
    finished = subprocess.run([sys.executable, *args], input=text, capture_output=True, text=True)
    told = [line for line in finished.stderr.splitlines() if "Can't get attribute 'local'" in line]
    print(args[0], finished.stdout.strip(), finished.returncode, len(told), sep="\n  ")


os.mkdir("folder")
for name, text in (("helpers", HELPERS), ("folder/helpers", HELPERS), ("folder/__main__", MAIN)):
    with open(name + ".py", "w") as file:
        file.write(text)
with zipfile.ZipFile("program.pyz", "w") as archive:
    archive.write("folder/helpers.py", "helpers.py")
    archive.write("folder/__main__.py", "__main__.py")
run("folder")
run("program.pyz")
run("-c", MAIN.replace(*WITHOUT_LOCAL))
run("-i", text=MAIN.replace(*WITHOUT_LOCAL))
