"""The command lines that start an interpreter: inside bubblewrap, or (unsafe) as a plain process."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from compound.core import SandboxError

SCRATCH = "/tmp"  # noqa: S108 - inside: a file system of its own
_SYSTEM = Path("/usr/bin/python3")
_LINKED = ("bin", "lib", "lib32", "lib64")  # links into /usr, or folders of their own on older systems
_MASKED = ("/usr/src", "/usr/home")  # where container images and BSD habits keep things that are not the system's
_NOBODY = "65534"
_LINUX = (5, 14)  # before, the limit of processes counted all those of the user
# A set's order, and with it a verdict, is the same every time. (-I would ignore this; no other variable is set, and
# the working directory is empty.)
ENVIRONMENT = {"PYTHONHASHSEED": "0"}
_FLAGS = ("-s",)
_REFUSED = "; or ask for Sandbox(unsafe=True) after reading what it leaves open"


def jailed(script: Sequence[str], scratch: int, info: int, seccomp: int | None) -> list[str]:
    """The command that runs Python with these arguments in bubblewrap.

    Args:
        script: the arguments of Python.
        scratch: bytes of /tmp, and of /dev/shm.
        info: the pipe into which bubblewrap writes the process id of the first process of the sandbox.
        seccomp: the pipe with the filter of system calls, None without one.

    Raises:
        SandboxError: this is not Linux, or a program is missing, or no interpreter can be shown to the sandbox.
    """
    if not sys.platform.startswith("linux"):
        raise SandboxError(
            f"code of a model runs in bubblewrap, which needs Linux (this is {sys.platform}): use a Linux machine, "
            f"container or WSL{_REFUSED}"
        )
    if (release := tuple(map(int, re.findall(r"\d+", os.uname().release)[:2]))) < _LINUX:
        raise SandboxError(f"code of a model needs Linux {_LINUX[0]}.{_LINUX[1]}, this is {release}{_REFUSED}")
    python, folders = interpreter()
    command = [_found("bwrap", "bubblewrap"), "--unshare-all", "--as-pid-1", "--die-with-parent", "--new-session"]
    command += ["--clearenv", "--cap-drop", "ALL", "--hostname", "sandbox", "--info-fd", str(info)]
    for name, value in ENVIRONMENT.items():
        command += ["--setenv", name, value]
    if seccomp is not None:
        command += ["--seccomp", str(seccomp)]
    command += ["--ro-bind", "/usr", "/usr"]
    for name in _LINKED:
        if (path := Path("/", name)).is_symlink():
            command += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            command += ["--ro-bind", str(path), str(path)]
    for masked in filter(os.path.isdir, _MASKED):
        command += ["--tmpfs", masked, "--remount-ro", masked]
    # No /proc: through /proc/1/mem a program could rewrite the process that ends the sandbox with its parent.
    command += ["--dev", "/dev", "--size", str(scratch), "--tmpfs", "/dev/shm", "--remount-ro", "/dev"]  # noqa: S108
    command += ["--size", str(scratch), "--tmpfs", SCRATCH]
    for folder in folders:
        command += ["--ro-bind", folder, folder]
    command += ["--remount-ro", "/", "--chdir", SCRATCH]
    return [*_dropped(), *command, python, *_FLAGS, *script]


def plain(script: Sequence[str]) -> list[str]:
    """The command that runs the same without a sandbox.

    Raises:
        SandboxError: this system has no resource limits and process groups.
    """
    if os.name != "posix":
        raise SandboxError("code of a model cannot be run on this system: use Linux, a container or WSL")
    return [sys.executable, *_FLAGS, *script]


def interpreter() -> tuple[str, tuple[str, ...]]:
    """The interpreter that the sandbox uses, and the folders it needs besides /usr.

    The system's where there is one, else the one that runs now, without its virtual environment.

    Raises:
        SandboxError: showing the running one would show the home folder as well, or root becomes a user who may not
            read it.
    """
    system = _SYSTEM.resolve()
    if system.is_file() and system.is_relative_to("/usr"):
        return str(system), ()
    prefix = Path(sys.base_prefix).resolve()
    python = prefix / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    if prefix.is_relative_to("/usr"):
        return str(python), ()
    if Path.home().resolve().is_relative_to(prefix) or not python.is_file() or not _open_to_us(prefix):
        raise SandboxError(
            f"the sandbox cannot use the interpreter in {prefix}: install one as {_SYSTEM} (apt install python3)"
        )
    return str(python), (str(prefix),)


def _open_to_us(folder: Path) -> bool:
    """Whether the user that the sandbox runs as can get there."""
    return os.geteuid() != 0 or all(step.stat().st_mode & 0o1 for step in (folder, *folder.parents))


def _dropped() -> list[str]:
    """Make the kernel end these processes first when memory runs out; as root, become nobody."""
    first = [choom, "-n", "1000", "--"] if (choom := shutil.which("choom")) else []
    if os.geteuid() != 0:
        return first
    setpriv = _found("setpriv", "util-linux")
    return [*first, setpriv, "--reuid", _NOBODY, "--regid", _NOBODY, "--clear-groups", "--"]


def _found(name: str, package: str) -> str:
    if not (path := shutil.which(name)):
        raise SandboxError(
            f"code of a model runs in a sandbox, and {name} is not installed: apt install {package} (dnf, pacman, "
            f"zypper: {package} too){_REFUSED}"
        )
    return path


def unusable(said: str) -> SandboxError:
    """The error for a bubblewrap that is there and does not work."""
    return SandboxError(
        f"bubblewrap is installed but does not work here ({said.strip() or 'it says nothing'}): it needs Linux "
        "5.14 and user namespaces (sysctl kernel.unprivileged_userns_clone=1 or "
        "kernel.apparmor_restrict_unprivileged_userns=0; in a container --security-opt seccomp=unconfined)"
        f"{_REFUSED}"
    )
