"""Runs one program as if it had been started as a file."""

from __future__ import annotations

import os
import sys
import types


def main(payload: bytes, _channels: list[int]) -> None:
    """Run the source as `__main__`; a traceback shows its lines and none of ours."""
    path = os.path.join(os.getcwd(), "program.py")  # noqa: PTH109, PTH118 - pathlib takes long to import
    with open(path, "wb") as file:  # noqa: PTH123
        file.write(payload)
    module = types.ModuleType("__main__")
    module.__file__ = path
    sys.modules["__main__"], sys.argv = module, [path]
    try:
        exec(compile(payload, path, "exec"), module.__dict__)  # noqa: S102 - what the sandbox is for
    except SystemExit:
        raise
    except BaseException as error:
        trace = error.__traceback__
        error.__traceback__ = trace and trace.tb_next
        sys.excepthook(type(error), error, error.__traceback__)
        sys.exit(1)
