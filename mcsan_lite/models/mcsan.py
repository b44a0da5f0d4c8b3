"""MCSAN: L. Sun, B. Liu, J. Tao, Z. Lian, "Multimodal Cross- and Self-Attention Network for Speech Emotion
Recognition", ICASSP 2021. Equations 1 to 19; the loss, Eq. 20, is in training.py.

`use_video` adds the third stream that the paper leaves to future work, so every choice in it is ours: a convolution block
as in Eq. 1 and a BiLSTM read it; each modality attends to each other one with a block of its own (six directions), and the
results of one modality are averaged, which adds nothing to learn and leaves one stream a modality in every order and depth.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from mcsan_lite.batch import Batch, Dims, ModelOutput
from mcsan_lite.layers import AttentionBlock, BiLSTMMean, ConvBlock, masked_max, positions

ACTIVATIONS = {"relu": nn.ReLU, "gelu": nn.GELU, "tanh": nn.Tanh, "none": nn.Identity}


@dataclass(frozen=True)
class MCSANConfig:
    """What can be chosen. Raises ValueError for a combination that is no network."""

    hidden: int = 128  # paper 3.2
    heads: int = 8  # paper 3.2
    layers: int = 1  # paper 3.2; Table 3 also tries 2 and 3
    kernel: int = 3  # paper 3.2, convolution and max-pooling alike
    use_audio: bool = True  # Table 3, "w/o audio"
    use_text: bool = True  # Table 3, "w/o text"
    use_video: bool = False  # not in the paper but its future work; without it the network is the paper's
    use_cross: bool = True  # Table 3, "w/o cross"
    use_self: bool = True  # Table 3, "w/o self"
    order: Literal["parallel", "cross+self", "self+cross"] = "parallel"  # Table 3, the two "(seq)" rows
    pool_stride: int = 3  # paper silent: as wide as the window, so 1000 frames become 112
    conv_same: bool = True  # paper silent: padded by one frame each side; False = no padding
    activation: str = "relu"  # paper silent: behind each convolution and inside the classifier
    positions: Literal["sinusoid", "none"] = "sinusoid"  # paper 2.3 says "position embedding [18]", not which
    position_scale: float = 1.0  # paper silent: LSTM states are small beside sinusoids of amplitude 1
    feedforward: int = 4  # paper silent: width as a multiple of hidden, after [18]
    full_scale: bool = False  # Eq. 9 prints √d for one head; with several, [18] divides by √(d / heads)
    uniform_attention: bool = False  # not in the paper: every word and frame weighs alike, a control for lesson 09
    classifier_layers: int = 2  # paper silent: "a fully connected classifier"; 1 = a single linear map
    dropout: float = 0.1  # paper silent: in attention, behind sub-layers, in the classifier

    def __post_init__(self) -> None:
        def refuse(given: str, expected: str, do: str) -> None:
            raise ValueError(f"Given: {given}. Expected: {expected}. Do: {do}.")

        modalities = sum((self.use_audio, self.use_text, self.use_video))
        if not modalities:
            refuse("use_audio=False and use_text=False", "at least one modality", "switch one of them on")
        if not (self.use_cross or self.use_self):
            refuse("use_cross=False and use_self=False", "at least one attention module", "switch one of them on")
        if self.use_cross and modalities < 2:
            refuse("cross-attention with one modality", "at least two", "set use_cross=False as well")
        if self.order not in ("parallel", "cross+self", "self+cross"):
            refuse(f"order={self.order!r}", "'parallel', 'cross+self' or 'self+cross'", "take one of these")
        if self.order != "parallel" and not (self.use_cross and self.use_self):
            refuse(f"order={self.order!r} with one attention module", "both modules", "take order='parallel'")
        for name in ("hidden", "heads", "layers", "kernel", "pool_stride", "feedforward", "classifier_layers"):
            if getattr(self, name) < 1:
                refuse(f"{name}={getattr(self, name)}", "at least 1", f"change {name}")
        if self.positions not in ("sinusoid", "none"):
            refuse(f"positions={self.positions!r}", "'sinusoid' or 'none'", "take one of these")
        if self.activation not in ACTIVATIONS:
            refuse(f"activation={self.activation!r}", f"one of {', '.join(ACTIVATIONS)}", "take one of these")
        if self.hidden % self.heads:
            refuse(f"hidden={self.hidden}, heads={self.heads}", "hidden divisible by heads", "change one of them")


# The nine rows of Table 3, as differences from the full model.
ABLATIONS: dict[str, dict[str, object]] = {
    "MCSAN": {},
    "w/o audio": {"use_audio": False, "use_cross": False},
    "w/o text": {"use_text": False, "use_cross": False},
    "w/o self": {"use_self": False},
    "w/o cross": {"use_cross": False},
    "cross + self (seq)": {"order": "cross+self"},
    "self + cross (seq)": {"order": "self+cross"},
    "N = 2": {"layers": 2},
    "N = 3": {"layers": 3},
}


class AttentionModule(nn.Module):
    """N stacked layers (sections 2.3 and 2.4), with positions added at the entry.

    `cross=True`: each modality asks each other one, Eq. 6 to 14. `cross=False`: each asks itself, Eq. 15 to 17.
    All modalities are updated together, from each other's *old* values.
    """

    def __init__(self, modalities: tuple[str, ...], config: MCSANConfig, *, cross: bool) -> None:
        super().__init__()
        self.cross, self.config = cross, config
        self.pairs = [(m, s) for m in modalities for s in modalities if (m != s) == cross]  # who asks, who answers
        self.layers = nn.ModuleList(
            nn.ModuleDict({self._block(*pair): AttentionBlock(
                config.hidden, config.heads, config.feedforward * config.hidden, dropout=config.dropout,
                full_scale=config.full_scale, uniform=config.uniform_attention) for pair in self.pairs})
            for _ in range(config.layers))

    def _block(self, m: str, source: str) -> str:
        return f"{m}_from_{source}" if self.cross and self.config.use_video else m  # two modalities: who asks says it all

    def forward(self, streams: dict[str, Tensor], masks: dict[str, Tensor]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """streams {modality: (B, length, D)} -> the same, updated, and {map name: (B, H, queries, keys)}."""
        if self.config.positions == "sinusoid":
            streams = {m: x + self.config.position_scale * positions(x.shape[1], x.shape[2], like=x)
                       for m, x in streams.items()}
        maps = {}
        for n, layer in enumerate(self.layers):
            updated: dict[str, list[Tensor]] = {m: [] for m in streams}
            for m, source in self.pairs:
                x, weights = layer[self._block(m, source)](streams[m], streams[source], masks[source])
                updated[m].append(x)
                maps[f"cross.{n}.{m}_from_{source}" if self.cross else f"self.{n}.{m}"] = weights
            streams = {m: sum(found) / len(found) if len(found) > 1 else found[0] for m, found in updated.items()}
        return streams, maps


class MCSAN(nn.Module):
    """The whole network, Eq. 1 to 19. Logits come out: the softmax of Eq. 19 is inside the loss."""

    Config = MCSANConfig

    def __init__(self, dims: Dims, config: MCSANConfig) -> None:
        super().__init__()
        self.config = config
        self.modalities = tuple(m for m in ("audio", "text", "video") if getattr(config, f"use_{m}"))
        activation = ACTIVATIONS[config.activation]
        if config.use_audio:
            self.conv = nn.ModuleList(
                ConvBlock(inputs, config.hidden, config.kernel, pool=config.kernel, stride=config.pool_stride,
                          activation=activation(), same=config.conv_same)
                for inputs in (dims.audio, config.hidden))
            self.audio_lstm = BiLSTMMean(config.hidden, config.hidden)
        if config.use_text:
            self.text_lstm = BiLSTMMean(dims.text, config.hidden)
        if config.use_video:
            if not dims.video:
                raise ValueError("Given: use_video=True and features without video. Expected: a video stream. "
                                 "Do: take a corpus with video and FeatureConfig(video=True), or use_video=False.")
            self.video_size = dims.video
            self.video_conv = ConvBlock(dims.video, config.hidden, config.kernel, pool=config.kernel,
                                        stride=config.pool_stride, activation=activation(), same=config.conv_same)
            self.video_lstm = BiLSTMMean(config.hidden, config.hidden)
        if config.use_cross:
            self.cross = AttentionModule(self.modalities, config, cross=True)
        if config.use_self:
            self.self_ = AttentionModule(self.modalities, config, cross=False)
        streams = len(self.modalities) * (1 if config.order != "parallel" else config.use_cross + config.use_self)
        widths = [config.hidden * streams] + [config.hidden] * (config.classifier_layers - 1)
        deep = [layer for wide, narrow in itertools.pairwise(widths)
                for layer in (nn.Linear(wide, narrow), activation(), nn.Dropout(config.dropout))]
        self.classifier = nn.Sequential(*deep, nn.Linear(widths[-1], dims.classes))

    def encode(self, batch: Batch) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Eq. 1 to 5: {"audio": (B, A, D), "text": (B, L, D)} and their masks; A = about T / 9. Video: about V / 3 steps,
        from 25 frames a second nearly as many as the sound has."""
        streams, masks = {}, {}
        if self.config.use_audio:
            x, mask = batch.audio, batch.audio_mask
            for block in self.conv:
                x, mask = block(x, mask)  # Eq. 1
            streams["audio"], masks["audio"] = self.audio_lstm(x, mask), mask  # Eq. 2, 3
        if self.config.use_text:
            streams["text"], masks["text"] = self.text_lstm(batch.text, batch.text_mask), batch.text_mask  # Eq. 4, 5
        if self.config.use_video:
            x, mask = self.video_conv(*batch.video_stream(self.video_size))
            streams["video"], masks["video"] = self.video_lstm(x, mask), mask
        return streams, masks

    def forward(self, batch: Batch, *, need_attention: bool = False) -> ModelOutput:
        encoded, masks = self.encode(batch)
        maps: dict[str, Tensor] = {}

        def run(module: AttentionModule, streams: dict[str, Tensor]) -> dict[str, Tensor]:
            streams, found = module(streams, masks)
            maps.update(found)
            return streams

        if self.config.order == "cross+self":
            ends = [run(self.self_, run(self.cross, encoded))]
        elif self.config.order == "self+cross":
            ends = [run(self.cross, run(self.self_, encoded))]
        else:
            ends = [run(self.cross, encoded)] if self.config.use_cross else []
            ends += [run(self.self_, encoded)] if self.config.use_self else []
        pooled = torch.cat([masked_max(end[m], masks[m]) for end in ends for m in self.modalities], -1)  # Eq. 18
        return ModelOutput(self.classifier(pooled),  # Eq. 19, (B, C)
                           {name: w.detach() for name, w in maps.items()} if need_attention else {})
