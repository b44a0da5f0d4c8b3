"""Small rivals of Table 1 and random batches for them; not a test itself."""

from dataclasses import fields, replace

import torch
from torch import Tensor

from mcsan_lite.features.batch import Batch, Dims
from mcsan_lite.models import MODELS

DIMS = Dims(audio=13, text=17, classes=3, video=19)
FRAMES, WORDS, VIDEO = (50, 9, 23), (5, 1, 3), (8, 2, 4)
SMALL = {
    "mdre": {"hidden": 11},
    "multihop": {"hidden": 11},
    "amh": {"hidden": 11, "video_hidden": 6},
    "xu_align": {"hidden": 11},
    "xu_align_delta": {"hidden": 12, "heads": 4, "dense": 7},
    "can": {"hidden": 11},
    "mult": {"hidden": 12, "heads": 4, "layers": 2, "memory": 2},
    "self_cross": {"hidden": 12, "heads": 4},
}


def build(name, dims=DIMS, **options):
    """A small model in eval mode, always with the same weights."""
    torch.manual_seed(0)
    model = MODELS[name]
    return model(dims, model.Config(**(SMALL[name] | options))).eval()


def random_stream(lengths, width, generator):
    """(B, T, width) with garbage on its padding, and its mask (B, T)."""
    mask = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
    return torch.randn(*mask.shape, width, generator=generator), mask


def word_frames(frames, words):
    """(B, L, 2): words share the sound in equal parts, from its second frame on."""
    numbers = torch.arange(max(words) + 1)
    edges = [1 + numbers * (t - 1) // max(w, 1) for t, w in zip(frames, words, strict=True)]
    edges = torch.stack(edges)
    return torch.stack((edges[:, :-1], edges[:, 1:]), -1)


def random_batch(frames=FRAMES, words=WORDS, video=VIDEO, seed=0) -> Batch:
    """Random utterances with garbage on their padding."""
    generator = torch.Generator().manual_seed(seed)
    audio, audio_mask = random_stream(frames, DIMS.audio, generator)
    text, text_mask = random_stream(words, DIMS.text, generator)
    seen, seen_mask = random_stream(video, DIMS.video, generator)
    return Batch(
        ids=[str(i) for i in range(len(frames))],
        audio=audio,
        audio_mask=audio_mask,
        text=text,
        text_mask=text_mask,
        label=torch.arange(len(frames)) % 3,
        video=seen,
        video_mask=seen_mask,
        word_frames=word_frames(frames, words) * text_mask[..., None],
    )


def alone(batch: Batch, i: int) -> Batch:
    """Utterance i without a frame of padding."""
    lengths = {}
    for modality in ("audio", "text", "video"):
        mask = getattr(batch, f"{modality}_mask")
        lengths[modality] = max(1, int(mask[i].sum()))
    cut = {}
    for field in fields(batch):
        value = getattr(batch, field.name)
        if not isinstance(value, Tensor):
            continue
        modality = field.name.removesuffix("_mask")
        length = lengths.get(modality, lengths["text"])  # word_frames are as long as the text
        cut[field.name] = value[i : i + 1] if value.ndim == 1 else value[i : i + 1, :length]
    return replace(batch, ids=[batch.ids[i]], **cut)
