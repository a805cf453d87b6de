"""Reading files of other people, line by line or item by item, in flat memory.

Plain or gzip, told by content; UTF-8 with or without a byte order mark; any line ends.
"""

from __future__ import annotations

import codecs
import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

from compound.store.pools.errors import SamplesError

LONGEST = 32 << 20  # bytes of one line or item; a question with 10,000 samples of 2,000 characters is shorter
_CHUNK = 1 << 16
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def open_bytes(path: Path) -> IO[bytes]:
    """A file, unpacked where it is gzip.

    Raises:
        SamplesError: it cannot be opened.
    """
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        return cast("IO[bytes]", gzip.open(path, "rb")) if packed else path.open("rb")
    except OSError as error:
        raise SamplesError(f"{path}: cannot be read: {error.strerror or error}") from None


def first_byte(path: Path) -> bytes:
    """The first byte that is no space, after a byte order mark."""
    with open_bytes(path) as file:
        return _guarded(path, 0, lambda: file.read(_CHUNK)).removeprefix(codecs.BOM_UTF8).lstrip()[:1]


def _guarded(path: Path, line: int, read: Any) -> bytes:
    """What `read` gives, its trouble told with the place."""
    try:
        return cast("bytes", read())
    except EOFError:
        raise SamplesError(
            f"{path}, line {line + 1}: the gzip data ends in the middle (truncated): fetch the file again"
        ) from None
    except (OSError, zlib.error) as error:
        raise SamplesError(f"{path}, line {line + 1}: cannot be read: {error}") from None


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """(number, line) of every line that is not blank.

    Raises:
        SamplesError: names the file and the line that cannot be read.
    """
    with open_bytes(path) as file:
        number = 0
        while raw := _guarded(path, number, lambda: file.readline(LONGEST + 1)):
            number += 1
            if len(raw) > LONGEST:
                raise SamplesError(
                    f"{path}, line {number}: longer than {LONGEST >> 20} MB: put a sample on a line, or use Parquet"
                )
            if number == 1:
                if raw.startswith(_UTF16):
                    raise SamplesError(f"{path}, line 1: the file is UTF-16: convert it to UTF-8")
                raw = raw.removeprefix(codecs.BOM_UTF8)
            try:
                line = raw.decode("utf-8").strip()
            except UnicodeDecodeError as error:
                raise SamplesError(
                    f"{path}, line {number}: byte {raw[error.start]:#04x} at {error.start} is not UTF-8: convert it"
                ) from None
            if line:
                yield number, line


def items(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """(where, object) of a file with an object a line, or of one JSON list of objects.

    Raises:
        SamplesError: names the file and the line or item.
    """
    if first_byte(path) == b"[":
        for number, value in enumerate(_listed(path), 1):
            if not isinstance(value, dict):
                raise SamplesError(f"{path}, item {number}: not a JSON object")
            yield f"{path}, item {number}", value
        return
    for number, line in lines(path):
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise SamplesError(f"{path}, line {number}: not JSON: {error}") from None
        if not isinstance(value, dict):
            raise SamplesError(f"{path}, line {number}: not a JSON object")
        yield f"{path}, line {number}", value


def _listed(path: Path) -> Iterator[Any]:
    """The members of a JSON list, without ever holding more than one of them (and a chunk)."""
    decoder, utf8 = json.JSONDecoder(), codecs.getincrementaldecoder("utf-8-sig")()
    buffer, wanted, number = "", 1, 1
    with open_bytes(path) as file:
        started, over = False, False
        while True:
            while len(buffer) < wanted and not over:
                chunk = _guarded(path, 0, lambda: file.read(_CHUNK))
                over = not chunk
                try:
                    buffer += utf8.decode(chunk, final=over)
                except UnicodeDecodeError as error:
                    raise SamplesError(f"{path}, item {number}: not UTF-8: {error.reason}") from None
            buffer = buffer.lstrip().removeprefix("," if started else "[").lstrip()
            started = True
            if buffer.startswith("]"):
                return
            try:
                value, end = decoder.raw_decode(buffer)
                if end == len(buffer) and not over:
                    raise ValueError("a number may go on")
            except (ValueError, RecursionError) as error:
                if over:
                    raise SamplesError(f"{path}, item {number}: not JSON, or cut off: {error}") from None
                if len(buffer) > LONGEST:
                    raise SamplesError(
                        f"{path}, item {number}: longer than {LONGEST >> 20} MB: use Parquet"
                    ) from None
                wanted = 2 * max(len(buffer), _CHUNK)  # doubled, so that a long item is not decoded over and over
                buffer = "," + buffer
                continue
            yield value
            buffer, wanted, number = buffer[end:], 1, number + 1
