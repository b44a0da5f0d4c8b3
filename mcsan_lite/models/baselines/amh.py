"""AMH, attentive modality hopping: S. Yoon, S. Dey, H. Lee, K. Jung, "Attentive Modality Hopping Mechanism for Speech
Emotion Recognition", ICASSP 2020 (arXiv 1912.00846). Audio, video and text: without video it is another model, and this
class refuses.

    a, t, v = last states of three GRUs, hᵃ, hᵗ, hᵛ all their states; then, hop after hop, each with its own W and b:
    → video: q = [a; t] W + b, γᵢ = softmaxᵢ(q · hᵛᵢ), v ← Σ γᵢ hᵛᵢ
    → audio: q = [t; v] W + b, the same over hᵃ, a ← ·;   → text: q = [a; v] W + b, over hᵗ, t ← ·
    logits = [a; t; v] W + b

Verified in the authors' code (david-yoon/attentive-modality-hopping-for-SER, fed3ece): one-directional GRUs of 200, 200 and
128, 7 hops in the reference script (up to 12 are written), the order video, audio, text, always over the encoders' own
states, scores unscaled, padding masked, dropout .3 / .7 / .3 on the inputs, no prosody, orthogonal GRUs, other matrices
U(-.25, .25). With 120 MFCC, 2048 video numbers and 7 classes 1,750,055 parameters; the code trains 3,747 × 300 embeddings
too, which makes 2,874,155.
Chosen: 40 MFCC in up to 1,000 frames, normalised, and any video sequence, where the source has 120 in 750 and 25 frames of
ResNet-101; frozen word vectors; `stride`. The code's training loop (clip each tensor to norm 1, patience 15) is not in here.
The paper's own accuracies are precision; MCSAN's Table 1 quotes the corrected ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from mcsan_lite.errors import DataError
from mcsan_lite.features.batch import Batch, Dims, ModelOutput
from mcsan_lite.models.layers import at_least_one
from mcsan_lite.models.recurrent import Hop, Recurrent, affine, pool_frames

ASKING = {
    "video": ("audio", "text"),
    "audio": ("text", "video"),
    "text": ("audio", "video"),
}  # in the order of the hops


@dataclass(frozen=True)
class AMHConfig:
    hops: int = 7  # verified: reference script
    hidden: int = 200  # verified: code, audio and text
    video_hidden: int = 128  # verified: code
    audio_dropout: float = 0.3  # verified: code, keeps .7
    text_dropout: float = 0.7  # verified: code, keeps .3
    video_dropout: float = 0.3  # verified: code, keeps .7
    stride: int = (
        1  # as in the source; more: the mean of so many MFCC frames is one step, for speed
    )

    def __post_init__(self) -> None:
        at_least_one(
            hops=self.hops, hidden=self.hidden, video_hidden=self.video_hidden, stride=self.stride
        )


def refuse_without_video(given: str) -> None:
    raise DataError(
        given,
        "audio, video and text: AMH hops between three modalities",
        "give video features, or take a two-modality model such as 'multihop'.",
    )


class AMH(nn.Module):
    """Maps "hop.1.audio+text_from_video", "hop.2.text+video_from_audio", ...: (B, 1, 1, K), two summaries ask K steps.

    Raises DataError for data without video. A single utterance without video frames is read as silence is: zeros.
    """

    Config = AMHConfig

    def __init__(self, dims: Dims, config: AMHConfig) -> None:
        super().__init__()
        if not dims.video:
            refuse_without_video("features without video (Dims.video is 0)")
        self.config = config
        self.audio = Recurrent(dims.audio, config.hidden, dropout=config.audio_dropout)
        self.text = Recurrent(dims.text, config.hidden, dropout=config.text_dropout)
        self.video = Recurrent(dims.video, config.video_hidden, dropout=config.video_dropout)
        width = {"audio": config.hidden, "text": config.hidden, "video": config.video_hidden}
        targets = list(ASKING)
        self.targets = [targets[n % 3] for n in range(config.hops)]
        self.hops = nn.ModuleList(
            Hop(sum(width[m] for m in ASKING[target]), width[target]) for target in self.targets
        )
        self.classifier = affine(sum(width.values()), dims.classes)

    def forward(self, batch: Batch, *, need_attention: bool = False) -> ModelOutput:
        if batch.video is None:
            refuse_without_video("a batch without video")
        frames, frame_mask = pool_frames(batch.audio, batch.audio_mask, self.config.stride)
        masks = {"audio": frame_mask, "text": batch.text_mask, "video": batch.video_mask}
        states, summary, maps = {}, {}, {}
        for m, x, encoder in (
            ("audio", frames, self.audio),
            ("text", batch.text, self.text),
            ("video", batch.video, self.video),
        ):
            states[m], summary[m] = encoder(x, masks[m])
        for n, (hop, target) in enumerate(zip(self.hops, self.targets, strict=True), 1):
            context = torch.cat([summary[m] for m in ASKING[target]], -1)
            summary[target], weights = hop(context, states[target], masks[target])
            maps[f"hop.{n}.{'+'.join(ASKING[target])}_from_{target}"] = weights
        logits = self.classifier(torch.cat([summary[m] for m in ("audio", "text", "video")], -1))
        return ModelOutput(logits, maps if need_attention else {})
