"""librosa, loaded by one process at a time.

In: nothing. Out: `librosa`. It loads its modules at their first use, and these compile functions
while they load. Imported from here, that happens under a lock; what is left compiles in a call
(`pyin`, `istft`) and needs `compiling_alone` around that call.
"""

from mcsan_lite.features.sound.compiled import compiling_alone

with compiling_alone():
    import librosa
    import librosa.core.audio
    import librosa.core.pitch
    import librosa.util.utils

__all__ = ["librosa"]
