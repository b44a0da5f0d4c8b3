"""MCSAN, the network of the paper: L. Sun, B. Liu, J. Tao, Z. Lian, "Multimodal Cross- and
Self-Attention Network for Speech Emotion Recognition", ICASSP 2021. Equations 1 to 19; the loss,
Eq. 20, is in `training.loop`.

In: a `Batch` of MFCC frames and word vectors. Out: a `ModelOutput` with one logit per class and, on
request, the attention maps.

    a = BiLSTM(pool(conv(pool(conv(MFCC)))))          the two directions averaged       Eq. 1 to 3
    t = BiLSTM(GloVe)                                 the two directions averaged       Eq. 4, 5
    block(x, y):  z = LN(x + softmax(Q Kᵀ / √d) V)    Q of x, K and V of y              Eq. 6 to 12
                  LN(z + FFN(z))                                                        Eq. 13, 14
    a' = block(a, t)    t' = block(t, a)              cross, both from the old values   Eq. 6 to 14
    a" = block(a, a)    t" = block(t, t)              self                              Eq. 15 to 17
    logits = classifier([max a'; max t'; max a"; max t"])  each maximum over time       Eq. 18, 19

Read in the paper: the equations; hidden 128, 8 heads, one layer, kernels of 3; the variants of
Table 3. No code was released. Chosen, where the paper is silent: the fields of `MCSANConfig` that
say so, and that both attention modules add the positions of [18] at their entry.

`use_video` adds the third stream that the paper leaves to future work, so every choice in it is
ours: a convolution block as in Eq. 1 and a BiLSTM read it. Each modality attends to each other one
with a block of its own, in six directions. The results for one modality are averaged: this adds
nothing to learn, and leaves one stream per modality in every order and depth.

Next in the spine: `training.loop`.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from mcsan_lite.errors import DataError, require_name
from mcsan_lite.features.batch import Batch, Dims, ModelOutput
from mcsan_lite.models.layers import (
    AttentionBlock,
    BiLSTMMean,
    ConvBlock,
    ConvSizes,
    LinearSteps,
    at_least_one,
    masked_max,
    positions,
)

_Order = Literal["parallel", "cross+self", "self+cross"]
_Positions = Literal["sinusoid", "none"]
_Encoder = Literal["bilstm", "linear"]
_ENCODERS = {"bilstm": BiLSTMMean, "linear": LinearSteps}
_ACTIVATIONS = {"relu": nn.ReLU, "gelu": nn.GELU, "tanh": nn.Tanh, "none": nn.Identity}


@dataclass(frozen=True)
class MCSANConfig:
    """What can be chosen in MCSAN. The comment on each field says where its default comes from.

    "[18]" is Vaswani et al., "Attention Is All You Need", 2017.

    Raises:
        DataError: for a combination that is no network.
    """

    hidden: int = 128  # paper 3.2
    heads: int = 8  # paper 3.2
    layers: int = 1  # paper 3.2; Table 3 also tries 2 and 3
    kernel: int = 3  # paper 3.2, convolution and max-pooling alike
    use_audio: bool = True  # Table 3, "w/o audio"
    use_text: bool = True  # Table 3, "w/o text"
    use_video: bool = False  # not in the paper but its future work
    use_cross: bool = True  # Table 3, "w/o cross"
    use_self: bool = True  # Table 3, "w/o self"
    order: _Order = "parallel"  # Table 3, the two "(seq)" rows
    encoder: _Encoder = "bilstm"  # paper Eq. 2 to 5; "linear" is ours: each step by itself
    pool_stride: int = 3  # paper silent: as wide as the window, so 1000 frames become 112
    conv_same: bool = True  # paper silent: padded by one frame each side; False = no padding
    activation: str = "relu"  # paper silent: after each convolution and inside the classifier
    positions: _Positions = "sinusoid"  # paper 2.3 says "position embedding [18]", not which
    position_scale: float = 1.0  # paper silent: LSTM states are small beside sinusoids
    feedforward: int = 4  # paper silent: width as a multiple of hidden, after [18]
    full_scale: bool = False  # Eq. 9 prints √d for one head; with several, [18] has √(d / heads)
    uniform_attention: bool = False  # not in the paper: all steps weigh the same, for lesson 11
    classifier_layers: int = 2  # paper silent: "a fully connected classifier"; 1 = one linear map
    dropout: float = 0.1  # paper silent; as [18]: attention, after sub-layers, in the classifier

    def __post_init__(self) -> None:
        self._refuse_missing_parts()
        self._refuse_order()
        at_least_one(
            hidden=self.hidden,
            heads=self.heads,
            layers=self.layers,
            kernel=self.kernel,
            pool_stride=self.pool_stride,
            feedforward=self.feedforward,
            classifier_layers=self.classifier_layers,
        )
        require_name(self.encoder, get_args(_Encoder), "encoder")
        require_name(self.positions, get_args(_Positions), "positions")
        require_name(self.activation, _ACTIVATIONS, "activation")
        if self.hidden % self.heads:
            raise DataError(
                f"hidden={self.hidden}, heads={self.heads}",
                "hidden divisible by heads",
                "change one of them.",
            )

    @property
    def modalities(self) -> tuple[str, ...]:
        """The streams that are used, of "audio", "text" and "video", in this order."""
        used = {"audio": self.use_audio, "text": self.use_text, "video": self.use_video}
        return tuple(name for name, is_used in used.items() if is_used)

    @property
    def conv_sizes(self) -> ConvSizes:
        """Sizes of every convolution block."""
        return ConvSizes(self.kernel, self.kernel, self.pool_stride, self.conv_same)

    def _refuse_missing_parts(self) -> None:
        if not self.modalities:
            raise DataError(
                "use_audio=False and use_text=False",
                "at least one modality",
                "switch one of them on.",
            )
        if not (self.use_cross or self.use_self):
            raise DataError(
                "use_cross=False and use_self=False",
                "at least one attention module",
                "switch one of them on.",
            )
        if self.use_cross and len(self.modalities) < 2:
            raise DataError(
                "cross-attention with one modality", "at least two", "set use_cross=False as well."
            )

    def _refuse_order(self) -> None:
        require_name(self.order, get_args(_Order), "order")
        if self.order != "parallel" and not (self.use_cross and self.use_self):
            raise DataError(
                f"order={self.order!r} with one attention module",
                "both modules",
                "take order='parallel'.",
            )


class AttentionModule(nn.Module):
    """N stacked layers (sections 2.3 and 2.4), with positions added at the entry.

    `cross=True`: each modality asks each other one, Eq. 6 to 14. `cross=False`: each asks itself,
    Eq. 15 to 17. All modalities are updated together, from each other's *old* values.

    Attributes:
        pairs: (the modality that asks, the modality that answers), in the order of computation.
    """

    def __init__(self, modalities: tuple[str, ...], config: MCSANConfig, *, cross: bool) -> None:
        super().__init__()
        self.cross, self.config = cross, config
        every_pair = itertools.product(modalities, modalities)
        self.pairs = [(asks, answers) for asks, answers in every_pair if (asks != answers) == cross]
        self.layers = nn.ModuleList(self._layer() for _ in range(config.layers))

    def _layer(self) -> nn.ModuleDict:
        """One block per pair."""
        config = self.config
        layer = nn.ModuleDict()
        for asks, answers in self.pairs:
            layer[self._block_name(asks, answers)] = AttentionBlock(
                config.hidden,
                config.heads,
                config.feedforward * config.hidden,
                dropout=config.dropout,
                full_scale=config.full_scale,
                uniform=config.uniform_attention,
            )
        return layer

    def _block_name(self, asks: str, answers: str) -> str:
        """Name of a block in a checkpoint. Of two modalities, the one that asks says it all."""
        if self.cross and self.config.use_video:
            return f"{asks}_from_{answers}"
        return asks

    def _map_name(self, layer: int, asks: str, answers: str) -> str:
        if self.cross:
            return f"cross.{layer}.{asks}_from_{answers}"
        return f"self.{layer}.{asks}"

    def forward(
        self, streams: dict[str, Tensor], masks: dict[str, Tensor]
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Update every stream.

        Args:
            streams: {modality: (B, length, D)}.
            masks: {modality: (B, length)}.

        Returns:
            The updated streams, and the weights {map name: (B, H, queries, keys)}.
        """
        if self.config.positions == "sinusoid":
            streams = {name: x + self._positions(x) for name, x in streams.items()}
        maps = {}
        for number, layer in enumerate(self.layers):
            updates: dict[str, list[Tensor]] = {name: [] for name in streams}
            for asks, answers in self.pairs:
                block = layer[self._block_name(asks, answers)]
                x, weights = block(streams[asks], streams[answers], masks[answers])
                updates[asks].append(x)
                maps[self._map_name(number, asks, answers)] = weights
            streams = {name: _mean(several) for name, several in updates.items()}
        return streams, maps

    def _positions(self, x: Tensor) -> Tensor:
        """(length, D), scaled."""
        return self.config.position_scale * positions(x.shape[1], x.shape[2], like=x)


def _mean(several: list[Tensor]) -> Tensor:
    if len(several) == 1:
        return several[0]
    return sum(several) / len(several)


class MCSAN(nn.Module):
    """The whole network, Eq. 1 to 19. Logits come out: the softmax of Eq. 19 is inside the loss.

    Attributes:
        config: the settings.
        modalities: the streams that are used, of "audio", "text" and "video".
        frames_per_step: MFCC frames from one step of sound on a map to the next.
        conv_sizes: sizes of its convolution blocks, two for sound and one for video. They say which
            frames a step sees before the BiLSTM.
        needs_word_frames: whether a batch must say which frames belong to which word.
        open_streams: whether words and sound are all that it reads. Then `encode`, `cross`, `self_`
            and `classifier` are the whole network, and readings can look inside.
    """

    Config = MCSANConfig
    needs_word_frames = False

    def __init__(self, dims: Dims, config: MCSANConfig) -> None:
        """Make the layers. The order in which they are made decides their initial weights.

        Args:
            dims: sizes of the data.
            config: the settings.

        Raises:
            DataError: for `use_video` and data without video.
        """
        super().__init__()
        self.config = config
        self.modalities = config.modalities
        self.open_streams = not config.use_video
        self.conv_sizes = config.conv_sizes
        self.frames_per_step = config.pool_stride**2  # two blocks
        encoder = _ENCODERS[config.encoder]
        if config.use_audio:
            widths = (dims.audio, config.hidden)
            self.conv = nn.ModuleList(self._conv_block(inputs) for inputs in widths)
            self.audio_lstm = encoder(config.hidden, config.hidden)
        if config.use_text:
            self.text_lstm = encoder(dims.text, config.hidden)
        if config.use_video:
            if not dims.video:
                raise DataError(
                    "use_video=True and features without video",
                    "a video stream",
                    "take a corpus with video and FeatureConfig(video=True), or use_video=False.",
                )
            self.video_size = dims.video
            self.video_conv = self._conv_block(dims.video)
            self.video_lstm = encoder(config.hidden, config.hidden)
        if config.use_cross:
            self.cross = AttentionModule(self.modalities, config, cross=True)
        if config.use_self:
            self.self_ = AttentionModule(self.modalities, config, cross=False)
        self.classifier = self._classifier(dims.classes)

    def _conv_block(self, inputs: int) -> ConvBlock:
        activation = _ACTIVATIONS[self.config.activation]()
        return ConvBlock(inputs, self.config.hidden, self.conv_sizes, activation=activation)

    def _classifier(self, classes: int) -> nn.Sequential:
        """Fully connected layers from the concatenation of Eq. 18 to the logits."""
        config = self.config
        modules = 1  # of which the outputs are concatenated; in sequence only the last one
        if config.order == "parallel":
            modules = config.use_cross + config.use_self
        width = config.hidden * len(self.modalities) * modules
        layers: list[nn.Module] = []
        for _ in range(config.classifier_layers - 1):
            layers.append(nn.Linear(width, config.hidden))
            layers.append(_ACTIVATIONS[config.activation]())
            layers.append(nn.Dropout(config.dropout))
            width = config.hidden
        return nn.Sequential(*layers, nn.Linear(width, classes))

    def encode(self, batch: Batch) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Read each modality for itself, Eq. 1 to 5.

        Args:
            batch: with T MFCC frames and L words.

        Returns:
            {"audio": (B, A, D), "text": (B, L, D)} and their masks, A = about T / 9. Video has
            about V / 3 steps: from 25 frames a second nearly as many as the sound has.
        """
        streams, masks = {}, {}
        if self.config.use_audio:
            x, mask = batch.audio, batch.audio_mask
            for block in self.conv:
                x, mask = block(x, mask)  # Eq. 1
            streams["audio"], masks["audio"] = self.audio_lstm(x, mask), mask  # Eq. 2, 3
        if self.config.use_text:
            mask = batch.text_mask
            streams["text"], masks["text"] = self.text_lstm(batch.text, mask), mask  # Eq. 4, 5
        if self.config.use_video:
            x, mask = self.video_conv(*batch.video_stream(self.video_size))
            streams["video"], masks["video"] = self.video_lstm(x, mask), mask
        return streams, masks

    def forward(self, batch: Batch, *, need_attention: bool = False) -> ModelOutput:
        """Classify a batch.

        Args:
            batch: B utterances.
            need_attention: return the attention maps too, detached. The logits do not change.

        Returns:
            Logits (B, C), and maps {name: (B, H, queries, keys)} on request.
        """
        encoded, masks = self.encode(batch)
        ends, maps = self._attend(encoded, masks)
        pooled = [masked_max(end[name], masks[name]) for end in ends for name in self.modalities]
        logits = self.classifier(torch.cat(pooled, -1))  # Eq. 18, 19: (B, C)
        if not need_attention:
            return ModelOutput(logits)
        return ModelOutput(logits, {name: weights.detach() for name, weights in maps.items()})

    def _attend(
        self, encoded: dict[str, Tensor], masks: dict[str, Tensor]
    ) -> tuple[list[dict[str, Tensor]], dict[str, Tensor]]:
        """Run the two modules in the configured order.

        Returns the streams of each module that feeds the classifier, and all maps.
        """
        modules = []
        if self.config.use_cross:
            modules.append(self.cross)
        if self.config.use_self:
            modules.append(self.self_)
        if self.config.order == "self+cross":
            modules.reverse()
        ends, maps, streams = [], {}, encoded
        for module in modules:
            updated, weights = module(streams, masks)
            maps |= weights
            ends.append(updated)
            if self.config.order != "parallel":
                streams, ends = updated, [updated]
        return ends, maps
