"""The proposed network in PyTorch at its fastest setting, measured on request.

Reads one JSON request a line ({"kind": "train" | "infer", "batch": n, "steps": n}) and answers with the median
milliseconds an image. Channels-last layout; inference traced and frozen; W_l before the upsampling.
"""
import json
import statistics
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn


class Attention(nn.Module):
    def __init__(self, channels, last):
        super().__init__()
        self.W_l = nn.Conv2d(last, 256, 1, bias=False)
        self.W_m = nn.Conv2d(channels, 256, 1, bias=False)
        self.W = nn.Conv2d(256, 1, 1)

    def forward(self, m, last):
        fl = F.interpolate(self.W_l(last), size=m.shape[2:], mode="bilinear", align_corners=False)
        return torch.sigmoid(self.W(F.relu(fl + self.W_m(m))))


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 11, 4, 2)
        self.conv2 = nn.Conv2d(64, 192, 5, 1, 2)
        self.conv3 = nn.Conv2d(192, 384, 3, 1, 1)
        self.conv4 = nn.Conv2d(384, 256, 3, 1, 1)
        self.conv5 = nn.Conv2d(256, 256, 3, 1, 1)
        self.att5 = Attention(384, 256)
        self.att6 = Attention(256, 256)
        self.fc = nn.Linear(384 + 256 + 256, 2)

    def forward(self, x):
        x = F.relu(F.max_pool2d(self.conv1(x), 3, 2))
        x = F.relu(F.max_pool2d(self.conv2(x), 3, 2))
        m5 = F.relu(self.conv3(x))
        m6 = F.relu(self.conv4(m5))
        last = F.relu(F.max_pool2d(self.conv5(m6), 3, 2))
        parts = [m5 * self.att5(m5, last), m6 * self.att6(m6, last), last]
        return self.fc(torch.cat([p.mean((2, 3)) for p in parts], 1))


def focal(logits, target):
    log_p = F.log_softmax(logits, 1).gather(1, target[:, None])[:, 0]
    return (-((1 - log_p.exp()) ** 2) * log_p).mean()


torch.manual_seed(0)
network = Network().to(memory_format=torch.channels_last)
optimiser = torch.optim.SGD(network.parameters(), lr=0.001, momentum=0.9, weight_decay=1e-4)
frozen = {}


def image(batch):
    return torch.randn(batch, 3, 224, 224).contiguous(memory_format=torch.channels_last)


def train(batch):
    x, y = image(batch), torch.arange(batch) % 2
    network.train()

    def step():
        optimiser.zero_grad(set_to_none=True)
        focal(network(x), y).backward()
        optimiser.step()

    return step


def infer(batch):
    x = image(batch)
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
