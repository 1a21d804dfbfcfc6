"""The proposed network in PyTorch at its fastest setting, measured on request.

    pytorch_reference.py THREADS

Reads one JSON request a line ({"kind": "train" | "infer", "batch": n, "steps": n}) and answers with the median
milliseconds an image. Channels-last layout; inference traced and frozen; W_l before the upsampling.
"""
import json
import statistics
import sys
import time

import torch
from pytorch_parts import AlexNetAttention, classes, focal_losses, images, sgd

torch.set_num_threads(int(sys.argv[1]))
torch.manual_seed(0)
network = AlexNetAttention().to(memory_format=torch.channels_last)
optimiser = sgd(network)
frozen = {}


def train(batch):
    x, y = images(batch), classes(batch)
    network.train()

    def step():
        optimiser.zero_grad(set_to_none=True)
        focal_losses(network(x), y).mean().backward()
        optimiser.step()

    return step


def infer(batch):
    x = images(batch)
    if batch not in frozen:
        with torch.no_grad():
            frozen[batch] = torch.jit.freeze(torch.jit.trace(network.eval(), x))
            for _ in range(5):
                frozen[batch](x)
    model = frozen[batch]

    def step():
        with torch.no_grad():
            model(x)

    return step


print(json.dumps({"version": torch.__version__, "threads": torch.get_num_threads()}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    step = (train if request["kind"] == "train" else infer)(request["batch"])
    step()
    times = []
    for _ in range(request["steps"]):
        started = time.perf_counter()
        step()
        times.append((time.perf_counter() - started) * 1000 / request["batch"])
    print(json.dumps({"milliseconds": statistics.median(times)}), flush=True)
