"""
Makes the wheel and the source archive, with the standard library alone (PEP 517), so that `pip install
./bindings/python` works without a network.
"""

import base64
import hashlib
import os
import re
import tarfile
import zipfile

_HERE = os.path.dirname(os.path.abspath(__file__))
_PACKAGE = "polyproc"


def _project(key):
    """A line of pyproject.toml's `[project]`: Python has no TOML reader before 3.11."""
    with open(os.path.join(_HERE, "pyproject.toml"), encoding="utf-8") as file:
        return re.search(rf'^{key} = "(.*)"$', file.read(), re.MULTILINE).group(1)


def _files():
    """What the package consists of, with paths relative to this folder."""
    for folder, folders, names in sorted(os.walk(os.path.join(_HERE, _PACKAGE))):
        folders[:] = [name for name in folders if name != "__pycache__"]
        for name in sorted(names):
            if name.endswith((".py", ".pyi")) or name == "py.typed":
                yield os.path.relpath(os.path.join(folder, name), _HERE)


def _metadata():
    with open(os.path.join(_HERE, "README.md"), encoding="utf-8") as file:
        readme = file.read()
    return (
        f"Metadata-Version: 2.1\nName: polyproc\nVersion: {_project('version')}\nSummary: "
        f"{_project('description')}\nLicense: MIT\n"
        f"Requires-Python: {_project('requires-python')}\nDescription-Content-Type: text/markdown\n\n{readme}"
    )


def _wheel(directory, contents):
    version = _project("version")
    info = f"{_PACKAGE}-{version}.dist-info"
    contents = {
        **contents,
        f"{info}/METADATA": _metadata().encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: polyproc\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},sha256={_digest(data)},{len(data)}\n" for name, data in contents.items())
    contents[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    name = f"{_PACKAGE}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(directory, name), "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in contents.items():
            archive.writestr(path, data)
    return name


def _digest(data):
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def _read(path):
    with open(os.path.join(_HERE, path), "rb") as file:
        return file.read()


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    return _wheel(wheel_directory, {path.replace(os.sep, "/"): _read(path) for path in _files()})


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    return _wheel(wheel_directory, {f"{_PACKAGE}.pth": f"{_HERE}\n".encode()})


def build_sdist(sdist_directory, config_settings=None):
    root = f"{_PACKAGE}-{_project('version')}"
    with tarfile.open(os.path.join(sdist_directory, f"{root}.tar.gz"), "w:gz", format=tarfile.PAX_FORMAT) as archive:
        for path in ("pyproject.toml", "README.md", "build_backend.py", *_files()):
            archive.add(os.path.join(_HERE, path), f"{root}/{path}", recursive=False)
    return f"{root}.tar.gz"
