"""llama.cpp's HTTP server on 127.0.0.1 until SIGTERM: PACKAGES MODEL PORT SLOTS CONTEXT.

The context, in tokens, is divided over the slots. One thread always: two of them wait for each other by spinning, and
are 20 to 30 times slower than one where the machine has anything else to do.
"""
import os
import signal
import sys

packages, model, port, slots, context = sys.argv[1:]
sys.path.insert(0, packages)
import xllamacpp  # noqa: E402

signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
params = xllamacpp.CommonParams()
params.model.path = model
params.hostnames, params.port = ["127.0.0.1"], int(port)
params.n_parallel, params.n_ctx, params.kv_unified = int(slots), int(context), False
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
params.endpoint_metrics = params.endpoint_slots = True
server = xllamacpp.Server(params)
print("listens at", server.listening_address, flush=True)
while True:
    signal.pause()
