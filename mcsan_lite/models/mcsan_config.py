"""What can be chosen in MCSAN: each field says where its default is from. `paper silent` marks our own choices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from torch import nn

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
    use_video: bool = (
        False  # not in the paper but its future work; without it the network is the paper's
    )
    use_cross: bool = True  # Table 3, "w/o cross"
    use_self: bool = True  # Table 3, "w/o self"
    order: Literal["parallel", "cross+self", "self+cross"] = (
        "parallel"  # Table 3, the two "(seq)" rows
    )
    pool_stride: int = 3  # paper silent: as wide as the window, so 1000 frames become 112
    conv_same: bool = True  # paper silent: padded by one frame each side; False = no padding
    activation: str = "relu"  # paper silent: behind each convolution and inside the classifier
    positions: Literal["sinusoid", "none"] = (
        "sinusoid"  # paper 2.3 says "position embedding [18]", not which
    )
    position_scale: float = (
        1.0  # paper silent: LSTM states are small beside sinusoids of amplitude 1
    )
    feedforward: int = 4  # paper silent: width as a multiple of hidden, after [18]
    full_scale: bool = (
        False  # Eq. 9 prints √d for one head; with several, [18] divides by √(d / heads)
    )
    uniform_attention: bool = (
        False  # not in the paper: every word and frame weighs alike, a control for lesson 09
    )
    classifier_layers: int = (
        2  # paper silent: "a fully connected classifier"; 1 = a single linear map
    )
    dropout: float = (
        0.1  # paper silent; as [18]: in attention, behind sub-layers, in the classifier
    )

    def __post_init__(self) -> None:
        def refuse(given: str, expected: str, do: str) -> None:
            raise ValueError(f"Given: {given}. Expected: {expected}. Do: {do}.")

        modalities = sum((self.use_audio, self.use_text, self.use_video))
        if not modalities:
            refuse(
                "use_audio=False and use_text=False",
                "at least one modality",
                "switch one of them on",
            )
        if not (self.use_cross or self.use_self):
            refuse(
                "use_cross=False and use_self=False",
                "at least one attention module",
                "switch one of them on",
            )
        if self.use_cross and modalities < 2:
            refuse(
                "cross-attention with one modality", "at least two", "set use_cross=False as well"
            )
        if self.order not in ("parallel", "cross+self", "self+cross"):
            refuse(
                f"order={self.order!r}",
                "'parallel', 'cross+self' or 'self+cross'",
                "take one of these",
            )
        if self.order != "parallel" and not (self.use_cross and self.use_self):
            refuse(
                f"order={self.order!r} with one attention module",
                "both modules",
                "take order='parallel'",
            )
        for name in (
            "hidden",
            "heads",
            "layers",
            "kernel",
            "pool_stride",
            "feedforward",
            "classifier_layers",
        ):
            if getattr(self, name) < 1:
                refuse(f"{name}={getattr(self, name)}", "at least 1", f"change {name}")
        if self.positions not in ("sinusoid", "none"):
            refuse(f"positions={self.positions!r}", "'sinusoid' or 'none'", "take one of these")
        if self.activation not in ACTIVATIONS:
            refuse(
                f"activation={self.activation!r}",
                f"one of {', '.join(ACTIVATIONS)}",
                "take one of these",
            )
        if self.hidden % self.heads:
            refuse(
                f"hidden={self.hidden}, heads={self.heads}",
                "hidden divisible by heads",
                "change one of them",
            )
