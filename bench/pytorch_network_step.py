"""The training step of one compared network in PyTorch, measured on request.

    pytorch_network_step.py '{"network": ..., "parameters": n, "batch": n, "microBatch": n, "threads": n}'

The other side of network-step.ts, with the same answers. In whichever layout is faster for the network, channels-last or
contiguous, found before the first measurement; SGD with momentum and weight decay, focal loss; gradients of micro-batches
are added up where ours are.
"""
import json
import math
import resource
import statistics
import sys
import time

try:
    import torch
    from pytorch_networks import NETWORKS
except ImportError as error:
    sys.exit(f"{error}. The comparison needs Debian's PyTorch: apt-get install python3-torch python3-torchvision")
from pytorch_parts import classes, focal_losses, images, sgd

settings = json.loads(sys.argv[1])
batch, micro_batch = settings["batch"], settings["microBatch"]
torch.set_num_threads(settings["threads"])
torch.manual_seed(0)
LAYOUTS = {"channels-last": torch.channels_last, "contiguous": torch.contiguous_format}
network = NETWORKS[settings["network"]]().train()
parameters = sum(parameter.numel() for parameter in network.parameters())
if parameters != settings["parameters"]:
    sys.exit(f'{settings["network"]} has {parameters} parameters here and {settings["parameters"]} on the other side.')
optimiser = sgd(network)
x, y = images(batch), classes(batch)


def choose(layout):
    global network, x
    network = network.to(memory_format=LAYOUTS[layout])
    x = x.contiguous(memory_format=LAYOUTS[layout])


def step(count):
    """One step on the first `count` images."""
    optimiser.zero_grad(set_to_none=True)
    loss = 0.0
    for start in range(0, count, micro_batch):
        part = slice(start, start + micro_batch)
        summand = focal_losses(network(x[part]), y[part]).sum() / count
        summand.backward()
        loss += summand.item()
    optimiser.step()
    if not math.isfinite(loss):
        sys.exit(f'The loss of {settings["network"]} became {loss}.')


def step_times(seconds):
    """Milliseconds an image of as many steps as fit into the time, at least one."""
    started = time.perf_counter()
    times = []
    while True:
        begun = time.perf_counter()
        step(batch)
        ended = time.perf_counter()
        times.append((ended - begun) * 1000 / batch)
        if ended - started + (ended - begun) > seconds:
            return times


def time_of(layout):
    """Seconds of a step after a first one that allocates."""
    choose(layout)
    step(micro_batch)
    begun = time.perf_counter()
    step(micro_batch)
    return time.perf_counter() - begun


fastest = min(LAYOUTS, key=time_of)
choose(fastest)
step(micro_batch)
ready = {"version": f"{torch.__version__}, {fastest}", "threads": torch.get_num_threads()}
print(json.dumps(ready), flush=True)
for line in sys.stdin:
    milliseconds = statistics.median(step_times(json.loads(line)["seconds"]))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"milliseconds": milliseconds, "peakMegabytes": peak}), flush=True)
