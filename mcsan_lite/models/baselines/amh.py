"""AMH, attentive modality hopping: a rival of MCSAN in Table 1 that also sees video.

S. Yoon, S. Dey, H. Lee, K. Jung, "Attentive Modality Hopping Mechanism for Speech Emotion
Recognition", ICASSP 2020 (arXiv 1912.00846).

In: a batch with audio, video and text. Out: class logits, and one attention map per hop. Without
video it would be another model, and this class refuses.

    a, t, v = last states of three GRUs; hᵃ, hᵗ, hᵛ = all their states
    then hop after hop, each with its own W and b:
    to video:  q = [a; t] W + b,  γᵢ = softmaxᵢ(q · hᵛᵢ),  v ← Σ γᵢ hᵛᵢ
    to audio:  q = [t; v] W + b,  the same over hᵃ,        a ← ·
    to text:   q = [a; v] W + b,  the same over hᵗ,        t ← ·
    logits = [a; t; v] W + b

Verified in the authors' code (david-yoon/attentive-modality-hopping-for-SER, fed3ece): GRUs of one
direction with 200, 200 and 128 units; 7 hops in the reference script (up to 12 are written); the
order video, audio, text, always over the encoders' own states; unscaled scores; masked padding;
dropout .3 / .7 / .3 on the inputs; no prosody; orthogonal GRUs whose gates begin with a bias of 1
(TensorFlow's cell) and other matrices from U(-.25, .25). With 120 MFCC, 2048 video numbers and 7
classes this makes 1,750,055 parameters. The code also trains 3,747 × 300 embeddings, which makes
2,874,155.

Chosen here: 40 normalised MFCC in up to 1,000 frames and any video sequence, where the source has
120 in 750 and 25 frames of ResNet-101; frozen word vectors; `stride`. The code's training loop
(clip each tensor to norm 1, patience 15) is not in here. The accuracies in the AMH paper itself are
precision; Table 1 of MCSAN quotes the corrected ones.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import torch
from torch import nn

from mcsan_lite.errors import DataError
from mcsan_lite.features.batch import Batch, Dims, ModelOutput
from mcsan_lite.models.layers import at_least_one
from mcsan_lite.models.recurrent import Hop, Recurrent, affine, pool_frames

# For each modality that answers, the two that ask. The order is the order of the hops.
_ASKED_BY = {
    "video": ("audio", "text"),
    "audio": ("text", "video"),
    "text": ("audio", "video"),
}


@dataclass(frozen=True)
class AMHConfig:
    """What can be chosen in AMH. Each comment says where the default is from."""

    hops: int = 7  # verified: reference script
    hidden: int = 200  # verified: code, audio and text
    video_hidden: int = 128  # verified: code
    audio_dropout: float = 0.3  # verified: code, keeps .7
    text_dropout: float = 0.7  # verified: code, keeps .3
    video_dropout: float = 0.3  # verified: code, keeps .7
    stride: int = 1  # MFCC frames averaged into one step: 1 as in the source, more for speed

    def __post_init__(self) -> None:
        at_least_one(
            hops=self.hops,
            hidden=self.hidden,
            video_hidden=self.video_hidden,
            stride=self.stride,
        )


def _refuse_without_video(given: str) -> None:
    raise DataError(
        given,
        "audio, video and text: AMH hops between three modalities",
        "give video features, or take a two-modality model such as 'multihop'.",
    )


class AMH(nn.Module):
    """The whole network. A single utterance without video frames is read like silence, as zeros.

    Maps: "hop.1.audio+text_from_video", "hop.2.text+video_from_audio", …, each (B, 1, 1, K): two
    summaries ask K steps.

    Attributes:
        frames_per_step: MFCC frames in one step of the sound on a map.
    """

    Config = AMHConfig
    frames_per_step: int

    def __init__(self, dims: Dims, config: AMHConfig) -> None:
        """Build the network.

        Args:
            dims: facts of the data.
            config: choices.

        Raises:
            DataError: for data without video.
        """
        super().__init__()
        if not dims.video:
            _refuse_without_video("features without video (Dims.video is 0)")
        self.config = config
        self.frames_per_step = config.stride
        self.audio = Recurrent(dims.audio, config.hidden, dropout=config.audio_dropout)
        self.text = Recurrent(dims.text, config.hidden, dropout=config.text_dropout)
        self.video = Recurrent(dims.video, config.video_hidden, dropout=config.video_dropout)
        width = {"audio": config.hidden, "text": config.hidden, "video": config.video_hidden}
        self.targets = list(itertools.islice(itertools.cycle(_ASKED_BY), config.hops))
        self.hops = nn.ModuleList()
        for target in self.targets:
            first, second = _ASKED_BY[target]
            self.hops.append(Hop(width[first] + width[second], width[target]))
        self.classifier = affine(sum(width.values()), dims.classes)

    def forward(self, batch: Batch, *, need_attention: bool = False) -> ModelOutput:
        """Classify a batch of B utterances.

        Args:
            batch: audio (B, T, F), text (B, L, E) and video (B, V, G), with their masks.
            need_attention: whether the maps are returned too.

        Returns:
            Logits (B, C) and the maps that were asked for.

        Raises:
            DataError: for a batch without video.
        """
        if batch.video is None:
            _refuse_without_video("a batch without video")
        frames, frame_mask = pool_frames(batch.audio, batch.audio_mask, self.config.stride)
        states, summary, maps = {}, {}, {}
        states["audio"], summary["audio"] = self.audio(frames, frame_mask)
        states["text"], summary["text"] = self.text(batch.text, batch.text_mask)
        states["video"], summary["video"] = self.video(batch.video, batch.video_mask)
        masks = {"audio": frame_mask, "text": batch.text_mask, "video": batch.video_mask}
        for number, (target, hop) in enumerate(zip(self.targets, self.hops, strict=True), 1):
            first, second = _ASKED_BY[target]
            context = torch.cat((summary[first], summary[second]), -1)
            summary[target], weights = hop(context, states[target], masks[target])
            maps[f"hop.{number}.{first}+{second}_from_{target}"] = weights
        readout = torch.cat((summary["audio"], summary["text"], summary["video"]), -1)
        return ModelOutput(self.classifier(readout), maps if need_attention else {})
