"""The child process that holds a local model: `python -m compound.models.local_server FILE`.

It prints one JSON line with its address, then serves until its standard input is closed, which happens when the
parent dies, however it dies. A crash of the runtime stays here.
"""

from __future__ import annotations

import json
import os
import sys

PARALLEL = 32
CONTEXT = 6144


def main() -> None:
    """Load the weights, say where they are served, and wait for the parent to go."""
    # The runtime's own output goes to standard error; the real standard output carries the one line.
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = sys.argv[1]
    parameters.n_parallel = PARALLEL
    parameters.n_ctx = CONTEXT
    parameters.kv_unified = True
    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    parameters.cpuparams.n_threads = threads
    parameters.cpuparams_batch.n_threads = threads
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.verbosity = 0
    server = xllamacpp.Server(parameters)
    print(json.dumps({"address": server.listening_address}), file=out, flush=True)
    sys.stdin.buffer.read()
    os._exit(0)  # the runtime's threads need no farewell


if __name__ == "__main__":
    main()
