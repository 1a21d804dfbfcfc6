"""What the PyTorch sides of the benchmarks share: the proposed network's parts, the loss, images."""
import torch
import torch.nn.functional as F
from torch import nn


class Attention(nn.Module):
    """Wei et al. 2022, equations 1 to 4, with W_l before the upsampling: the same function with fewer operations."""

    def __init__(self, channels, last):
        super().__init__()
        self.W_l = nn.Conv2d(last, 256, 1, bias=False)
        self.W_m = nn.Conv2d(channels, 256, 1, bias=False)
        self.W = nn.Conv2d(256, 1, 1)

    def forward(self, m, last):
        fl = F.interpolate(self.W_l(last), size=m.shape[2:], mode="bilinear", align_corners=False)
        return torch.sigmoid(self.W(F.relu(fl + self.W_m(m))))


class AttentionHead(nn.Module):
    """Tapped maps of so many channels times their attention, the last map behind them, global averages, two classes."""

    def __init__(self, taps, last):
        super().__init__()
        self.attention = nn.ModuleList(Attention(channels, last) for channels in taps)
        self.fc = nn.Linear(sum(taps) + last, 2)

    def forward(self, maps, last):
        attended = [m * attention(m, last) for attention, m in zip(self.attention, maps)]
        return self.fc(torch.cat([part.mean((2, 3)) for part in [*attended, last]], 1))


class AlexNetFeatures(nn.Module):
    """AlexNet's convolutions with each ReLU after its pool: layers 5 and 6, and the last."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 11, 4, 2)
        self.conv2 = nn.Conv2d(64, 192, 5, 1, 2)
        self.conv3 = nn.Conv2d(192, 384, 3, 1, 1)
        self.conv4 = nn.Conv2d(384, 256, 3, 1, 1)
        self.conv5 = nn.Conv2d(256, 256, 3, 1, 1)

    def forward(self, x):
        x = F.relu(F.max_pool2d(self.conv1(x), 3, 2))
        x = F.relu(F.max_pool2d(self.conv2(x), 3, 2))
        m5 = F.relu(self.conv3(x))
        m6 = F.relu(self.conv4(m5))
        return m5, m6, F.relu(F.max_pool2d(self.conv5(m6), 3, 2))


class AlexNetAttention(nn.Module):
    """The proposed network."""

    def __init__(self):
        super().__init__()
        self.features = AlexNetFeatures()
        self.head = AttentionHead([384, 256], 256)

    def forward(self, x):
        m5, m6, last = self.features(x)
        return self.head([m5, m6], last)


def focal_losses(logits, target):
    """Focal loss of each image, gamma 2."""
    log_p = F.log_softmax(logits, 1).gather(1, target[:, None])[:, 0]
    return -((1 - log_p.exp()) ** 2) * log_p


def sgd(network):
    return torch.optim.SGD(network.parameters(), lr=0.001, momentum=0.9, weight_decay=1e-4)


def images(batch):
    return torch.randn(batch, 3, 224, 224).contiguous(memory_format=torch.channels_last)


def classes(batch):
    return torch.arange(batch) % 2
