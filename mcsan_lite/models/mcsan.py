"""MCSAN: L. Sun, B. Liu, J. Tao, Z. Lian, "Multimodal Cross- and Self-Attention Network for Speech Emotion
Recognition", ICASSP 2021. Equations 1 to 19; the loss, Eq. 20, is in training.py.

    a = BiLSTM(pool(conv(pool(conv(MFCC)))));  t = BiLSTM(GloVe), each with its two directions averaged       Eq. 1 to 5
    block(x, y): z = LN(x + softmax(Q Kᵀ / √d) V), Q of x, K and V of y;  LN(z + FFN(z))                      Eq. 6 to 14
    a', t' = block(a, t), block(t, a), both from the old values;  a", t" = block(a, a), block(t, t)           Eq. 6 to 17
    logits = classifier([max a'; max t'; max a"; max t"]), each maximum over time                             Eq. 18, 19

Verified (paper): the equations; hidden 128, 8 heads, one layer, kernels of 3; Table 3's variants. No code was released.
Chosen, where the paper is silent: the fields of `MCSANConfig` that say so, positions of [18] at both modules' entry.
`use_video` adds the third stream that the paper leaves to future work, so every choice in it is ours: a convolution block
as in Eq. 1 and a BiLSTM read it; each modality attends to each other one with a block of its own (six directions), and the
results of one modality are averaged, which adds nothing to learn and leaves one stream a modality in every order and depth.
"""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn

from mcsan_lite.features.batch import Batch, Dims, ModelOutput
from mcsan_lite.models.layers import AttentionBlock, BiLSTMMean, ConvBlock, masked_max, positions
from mcsan_lite.models.mcsan_config import ACTIVATIONS, MCSANConfig


class AttentionModule(nn.Module):
    """N stacked layers (sections 2.3 and 2.4), with positions added at the entry.

    `cross=True`: each modality asks each other one, Eq. 6 to 14. `cross=False`: each asks itself, Eq. 15 to 17.
    All modalities are updated together, from each other's *old* values.
    """

    def __init__(self, modalities: tuple[str, ...], config: MCSANConfig, *, cross: bool) -> None:
        super().__init__()
        self.cross, self.config = cross, config
        self.pairs = [
            (m, s) for m in modalities for s in modalities if (m != s) == cross
        ]  # who asks, who answers
        self.layers = nn.ModuleList(
            nn.ModuleDict(
                {
                    self._block(*pair): AttentionBlock(
                        config.hidden,
                        config.heads,
                        config.feedforward * config.hidden,
                        dropout=config.dropout,
                        full_scale=config.full_scale,
                        uniform=config.uniform_attention,
                    )
                    for pair in self.pairs
                }
            )
            for _ in range(config.layers)
        )

    def _block(self, m: str, source: str) -> str:
        return (
            f"{m}_from_{source}" if self.cross and self.config.use_video else m
        )  # two modalities: who asks says it all

    def forward(
        self, streams: dict[str, Tensor], masks: dict[str, Tensor]
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """streams {modality: (B, length, D)} -> the same, updated, and {map name: (B, H, queries, keys)}."""
        if self.config.positions == "sinusoid":
            streams = {
                m: x + self.config.position_scale * positions(x.shape[1], x.shape[2], like=x)
                for m, x in streams.items()
            }
        maps = {}
        for n, layer in enumerate(self.layers):
            updated: dict[str, list[Tensor]] = {m: [] for m in streams}
            for m, source in self.pairs:
                x, weights = layer[self._block(m, source)](
                    streams[m], streams[source], masks[source]
                )
                updated[m].append(x)
                maps[f"cross.{n}.{m}_from_{source}" if self.cross else f"self.{n}.{m}"] = weights
            streams = {
                m: sum(found) / len(found) if len(found) > 1 else found[0]
                for m, found in updated.items()
            }
        return streams, maps


class MCSAN(nn.Module):
    """The whole network, Eq. 1 to 19. Logits come out: the softmax of Eq. 19 is inside the loss."""

    Config = MCSANConfig

    def __init__(self, dims: Dims, config: MCSANConfig) -> None:
        super().__init__()
        self.config = config
        self.modalities = tuple(
            m for m in ("audio", "text", "video") if getattr(config, f"use_{m}")
        )
        activation = ACTIVATIONS[config.activation]
        if config.use_audio:
            self.conv = nn.ModuleList(
                ConvBlock(
                    inputs,
                    config.hidden,
                    config.kernel,
                    pool=config.kernel,
                    stride=config.pool_stride,
                    activation=activation(),
                    same=config.conv_same,
                )
                for inputs in (dims.audio, config.hidden)
            )
            self.audio_lstm = BiLSTMMean(config.hidden, config.hidden)
        if config.use_text:
            self.text_lstm = BiLSTMMean(dims.text, config.hidden)
        if config.use_video:
            if not dims.video:
                raise ValueError(
                    "Given: use_video=True and features without video. Expected: a video stream. "
                    "Do: take a corpus with video and FeatureConfig(video=True), or use_video=False."
                )
            self.video_size = dims.video
            self.video_conv = ConvBlock(
                dims.video,
                config.hidden,
                config.kernel,
                pool=config.kernel,
                stride=config.pool_stride,
                activation=activation(),
                same=config.conv_same,
            )
            self.video_lstm = BiLSTMMean(config.hidden, config.hidden)
        if config.use_cross:
            self.cross = AttentionModule(self.modalities, config, cross=True)
        if config.use_self:
            self.self_ = AttentionModule(self.modalities, config, cross=False)
        streams = len(self.modalities) * (
            1 if config.order != "parallel" else config.use_cross + config.use_self
        )
        widths = [config.hidden * streams] + [config.hidden] * (config.classifier_layers - 1)
        deep = [
            layer
            for wide, narrow in itertools.pairwise(widths)
            for layer in (nn.Linear(wide, narrow), activation(), nn.Dropout(config.dropout))
        ]
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
            streams["text"], masks["text"] = (
                self.text_lstm(batch.text, batch.text_mask),
                batch.text_mask,
            )  # Eq. 4, 5
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
        pooled = torch.cat(
            [masked_max(end[m], masks[m]) for end in ends for m in self.modalities], -1
        )  # Eq. 18
        return ModelOutput(
            self.classifier(pooled),  # Eq. 19, (B, C)
            {name: w.detach() for name, w in maps.items()} if need_attention else {},
        )
