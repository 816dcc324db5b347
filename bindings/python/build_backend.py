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
_SERVER = "_node"


def _project(key):
    """A line of pyproject.toml's `[project]`: Python has no TOML reader before 3.11."""
    with open(os.path.join(_HERE, "pyproject.toml"), encoding="utf-8") as file:
        return re.search(rf'^{key} = "(.*)"$', file.read(), re.MULTILINE).group(1)


def _files(settings):
    """
    What the package consists of: path in an archive -> file. The setting `server` names the folder of the bundled
    server, which is `polyproc/_node` in the archives. In a source archive it is there already.
    """
    files = {}
    for path in _below(os.path.join(_HERE, _PACKAGE)):
        name = path.replace(os.sep, "/")
        if name.endswith((".py", ".pyi")) or name == "py.typed" or name.startswith(f"{_SERVER}/"):
            files[f"{_PACKAGE}/{name}"] = os.path.join(_HERE, _PACKAGE, path)
    server = (settings or {}).get("server")
    for path in _below(server) if server else ():
        files[f"{_PACKAGE}/{_SERVER}/" + path.replace(os.sep, "/")] = os.path.join(server, path)
    return files


def _below(top):
    for folder, folders, names in os.walk(top):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(names):
            yield os.path.relpath(os.path.join(folder, name), top)


def _metadata(settings):
    address = (settings or {}).get("address")
    with open(os.path.join(_HERE, "README.md"), encoding="utf-8") as file:
        readme = file.read()
    return (
        f"Metadata-Version: 2.1\nName: polyproc\nVersion: {_project('version')}\nSummary: "
        f"{_project('description')}\nLicense: MIT\n"
        + (f"Project-URL: Repository, {address}\n" if address else "")
        + f"Requires-Python: {_project('requires-python')}\nDescription-Content-Type: text/markdown\n\n{readme}"
    )


def _wheel(directory, contents, settings):
    version = _project("version")
    info = f"{_PACKAGE}-{version}.dist-info"
    contents = {
        **contents,
        f"{info}/METADATA": _metadata(settings).encode(),
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
    with open(path, "rb") as file:
        return file.read()


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    contents = {name: _read(path) for name, path in _files(config_settings).items()}
    return _wheel(wheel_directory, contents, config_settings)


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    return _wheel(wheel_directory, {f"{_PACKAGE}.pth": f"{_HERE}\n".encode()}, config_settings)


def build_sdist(sdist_directory, config_settings=None):
    root = f"{_PACKAGE}-{_project('version')}"
    files = {name: os.path.join(_HERE, name) for name in ("pyproject.toml", "README.md", "build_backend.py")}
    with tarfile.open(os.path.join(sdist_directory, f"{root}.tar.gz"), "w:gz", format=tarfile.PAX_FORMAT) as archive:
        for name, path in {**files, **_files(config_settings)}.items():
            archive.add(path, f"{root}/{name}", recursive=False)
    return f"{root}.tar.gz"
