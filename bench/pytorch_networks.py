"""The compared networks in PyTorch, under the names of `mn train --network`.

torchvision's own where it has them, the attention variants cut out of those; the others as the papers describe them.
Two outputs, random weights, dropout as in the papers.
"""
import torch
import torch.nn.functional as F
import torchvision
from pytorch_parts import AlexNetAttention, AlexNetFeatures, AttentionHead
from torch import nn


class AlexLight(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = AlexNetFeatures()
        self.fc = nn.Linear(256, 2)

    def forward(self, x):
        _, _, last = self.features(x)
        return self.fc(last.mean((2, 3)))


class ChannelAttention(nn.Module):
    """Woo et al. 2018 (CBAM), equation 2."""

    def __init__(self, channels):
        super().__init__()
        self.fc1 = nn.Conv2d(channels, channels // 16, 1, bias=False)
        self.fc2 = nn.Conv2d(channels // 16, channels, 1, bias=False)

    def forward(self, x):
        average, maximum = F.adaptive_avg_pool2d(x, 1), F.adaptive_max_pool2d(x, 1)
        return torch.sigmoid(sum(self.fc2(F.relu(self.fc1(pooled))) for pooled in (average, maximum)))


class AlexChannelAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = AlexNetFeatures()
        self.ca5 = ChannelAttention(384)
        self.ca6 = ChannelAttention(256)
        self.fc = nn.Linear(384 + 256 + 256, 2)

    def forward(self, x):
        m5, m6, last = self.features(x)
        parts = [m5 * self.ca5(m5), m6 * self.ca6(m6), last]
        return self.fc(torch.cat([part.mean((2, 3)) for part in parts], 1))


class MobileNet(nn.Module):
    """Version 1, Howard et al. 2017, table 1."""

    SEPARABLE = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1)]

    def __init__(self):
        super().__init__()
        layers = self.layer(3, 32, 3, 2)
        channels = 32
        for filters, stride in self.SEPARABLE:
            layers += self.layer(channels, channels, 3, stride, channels) + self.layer(channels, filters, 1)
            channels = filters
        self.features = nn.Sequential(*layers)
        self.fc = nn.Linear(channels, 2)

    @staticmethod
    def layer(channels, filters, kernel, stride=1, groups=1):
        convolution = nn.Conv2d(channels, filters, kernel, stride, kernel // 2, groups=groups, bias=False)
        return [convolution, nn.BatchNorm2d(filters), nn.ReLU(inplace=True)]

    def forward(self, x):
        return self.fc(self.features(x).mean((2, 3)))


class VggAttention(nn.Module):
    """VGG-16 with attention on its third and fourth pool."""

    def __init__(self):
        super().__init__()
        features = torchvision.models.vgg16(num_classes=2).features
        self.to_pool3, self.to_pool4, self.to_pool5 = features[:17], features[17:24], features[24:]
        self.head = AttentionHead([256, 512], 512)

    def forward(self, x):
        pool3 = self.to_pool3(x)
        pool4 = self.to_pool4(pool3)
        return self.head([pool3, pool4], self.to_pool5(pool4))


class GoogLeNetAttention(nn.Module):
    """GoogLeNet with attention on modules 3b and 4e."""

    def __init__(self):
        super().__init__()
        g = googlenet()
        self.to_3b = nn.Sequential(g.conv1, g.maxpool1, g.conv2, g.conv3, g.maxpool2, g.inception3a, g.inception3b)
        inception4 = [g.inception4a, g.inception4b, g.inception4c, g.inception4d, g.inception4e]
        self.to_4e = nn.Sequential(g.maxpool3, *inception4)
        self.to_5b = nn.Sequential(g.maxpool4, g.inception5a, g.inception5b)
        self.head = AttentionHead([480, 832], 1024)

    def forward(self, x):
        module3b = self.to_3b(x)
        module4e = self.to_4e(module3b)
        return self.head([module3b, module4e], self.to_5b(module4e))


class ResNetParts(nn.Module):
    """The outputs of a ResNet's layers 2, 3 and 4."""

    def __init__(self, resnet):
        super().__init__()
        self.to_layer2 = nn.Sequential(
            resnet.conv1, resnet.bn1, resnet.relu, resnet.maxpool, resnet.layer1, resnet.layer2
        )
        self.layer3, self.layer4 = resnet.layer3, resnet.layer4

    def forward(self, x):
        layer2 = self.to_layer2(x)
        layer3 = self.layer3(layer2)
        return layer2, layer3, self.layer4(layer3)


class ResNetAttention(nn.Module):
    """ResNet with attention on its layers 2 and 3; the channels of layers 2, 3 and 4 are given."""

    def __init__(self, resnet, channels):
        super().__init__()
        self.parts = ResNetParts(resnet)
        self.head = AttentionHead(channels[:2], channels[2])

    def forward(self, x):
        layer2, layer3, layer4 = self.parts(x)
        return self.head([layer2, layer3], layer4)


class MsaNet(nn.Module):
    """The replica of Al-Antary and Arafa 2021 that src/networks/msa-net.ts describes."""

    def __init__(self):
        super().__init__()
        self.parts = ResNetParts(torchvision.models.resnet50(num_classes=2))
        self.fuse = nn.Conv2d(1024 + 2048, 256, 1)
        self.scales = nn.ModuleList(nn.Conv2d(256, 256, 3, 1, dilation, dilation) for dilation in (1, 2, 4))
        self.fc1 = nn.Linear(256, 16)
        self.fc2 = nn.ModuleList(nn.Linear(16, 256) for _ in self.scales)
        self.fc = nn.Linear(256, 2)

    def forward(self, x):
        _, middle, high = self.parts(x)
        high = F.interpolate(high, size=middle.shape[2:], mode="bilinear", align_corners=False)
        fused = F.relu(self.fuse(torch.cat([middle, high], 1)))
        scales = [F.relu(scale(fused)) for scale in self.scales]
        squeezed = F.relu(self.fc1(sum(scales).mean((2, 3))))
        shares = torch.softmax(torch.stack([score(squeezed) for score in self.fc2]), 0)
        weighed = sum(scale * share[:, :, None, None] for scale, share in zip(scales, shares))
        return self.fc(weighed.mean((2, 3)))


def googlenet():
    # Its own random weights take scipy and long; the speed does not depend on them.
    return torchvision.models.googlenet(num_classes=2, aux_logits=False, init_weights=False)


NETWORKS = {
    "alexnet-attention": AlexNetAttention,
    "alexnet": lambda: torchvision.models.alexnet(num_classes=2),
    "alex-light": AlexLight,
    "alex-ca": AlexChannelAttention,
    "mobilenet": MobileNet,
    "mobilenet-v2": lambda: torchvision.models.mobilenet_v2(num_classes=2),
    "vgg16": lambda: torchvision.models.vgg16(num_classes=2),
    "googlenet": googlenet,
    "resnet": lambda: torchvision.models.resnet18(num_classes=2),
    "resnet-50": lambda: torchvision.models.resnet50(num_classes=2),
    "msa-net": MsaNet,
    "vgg-attention": VggAttention,
    "googlenet-attention": GoogLeNetAttention,
    "resnet-attention": lambda: ResNetAttention(torchvision.models.resnet18(num_classes=2), [128, 256, 512]),
    "resnet-attention-50": lambda: ResNetAttention(torchvision.models.resnet50(num_classes=2), [512, 1024, 2048]),
}
