"""A filter of system calls: what namespaces alone leave open.

Covered, on x86-64 and 64-bit ARM: tracing other processes, kernel keyrings (they are inherited from the user's
session), new namespaces inside the sandbox, BPF, io_uring, userfaultfd, memory that no limit counts (memfd, System
V), message queues, calls of another architecture, and sockets other than Unix and IP (vsock would reach the host of
a virtual machine, whatever the network namespace).
Not covered: other architectures, where there is no filter.
"""

from __future__ import annotations

import errno
import platform
import struct
from collections.abc import Mapping
from dataclasses import dataclass

# linux/bpf_common.h and linux/seccomp.h: load a word, jump, return.
_LOAD, _EQUAL, _ABOVE, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_CALL, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data, little-endian
_NEW_NAMESPACES = 0x7E020000  # CLONE_NEWNS, -CGROUP, -UTS, -IPC, -USER, -PID, -NET
_UNIX, _IP, _IP6 = 1, 2, 10
_X32 = 0x40000000


@dataclass(frozen=True)
class _Machine:
    """Numbers of linux/audit.h and of the table of system calls."""

    audit: int
    clone: int
    socket: int
    refused: tuple[int, ...]


_SHARED_NUMBERS = (425, 426, 427, 438, 447)  # io_uring x 3, pidfd_getfd, memfd_secret
_CLONE3 = 435
_MACHINES: Mapping[str, _Machine] = {
    # ptrace, process_vm_readv, process_vm_writev, kcmp, add_key, request_key, keyctl, unshare, setns, bpf,
    # perf_event_open, userfaultfd, memfd_create, shmget, shmat, semget, msgget, mq_open
    "x86_64": _Machine(
        0xC000003E,
        56,
        41,
        (101, 310, 311, 312, 248, 249, 250, 272, 308, 321, 298, 323, 319, 29, 30, 64, 68, 240),
    ),
    "aarch64": _Machine(
        0xC00000B7,
        220,
        198,
        (117, 270, 271, 272, 217, 218, 219, 97, 268, 280, 241, 282, 279, 194, 196, 190, 186, 180),
    ),
}


def program(machine: str | None = None) -> bytes | None:
    """The compiled filter for this machine (or a named one), None where there is none."""
    if not (known := _MACHINES.get(machine or platform.machine())):
        return None
    refuse = _ERRNO | errno.EPERM
    steps = [
        _step(_LOAD, _ARCHITECTURE),
        _step(_EQUAL, known.audit, then=1),
        _step(_RETURN, _KILL),
        _step(_LOAD, _CALL),
        *_answer(_ABOVE, _X32, _KILL),
        # The C library falls back to clone, whose flags a filter can read.
        *_answer(_EQUAL, _CLONE3, _ERRNO | errno.ENOSYS),
    ]
    for number in (*known.refused, *_SHARED_NUMBERS):
        steps += _answer(_EQUAL, number, refuse)
    steps += [
        _step(_EQUAL, known.clone, otherwise=4),
        _step(_LOAD, _FIRST_ARGUMENT),
        *_answer(_ANY_BIT, _NEW_NAMESPACES, refuse),
        _step(_RETURN, _ALLOW),
        _step(_EQUAL, known.socket, then=1),
        _step(_RETURN, _ALLOW),
        _step(_LOAD, _FIRST_ARGUMENT),
    ]
    for family in (_UNIX, _IP, _IP6):
        steps += _answer(_EQUAL, family, _ALLOW)
    steps.append(_step(_RETURN, refuse))
    return b"".join(steps)


def _answer(test: int, value: int, verdict: int) -> list[bytes]:
    """Return the verdict if the loaded word passes the test, else go on."""
    return [_step(test, value, otherwise=1), _step(_RETURN, verdict)]


def _step(code: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
    """One instruction: struct sock_filter. The jumps count the steps that are skipped."""
    return struct.pack("<HBBI", code, then, otherwise, value)
