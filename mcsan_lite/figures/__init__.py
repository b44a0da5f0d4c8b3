"""Figures: arrays and tables in, matplotlib Axes out, or a figure with its words.

`import mcsan_lite as mc` gives them as `mc.figures.draw_attention` and so on; `dir(mc.figures)`
lists them. Each is loaded when it is first used. The list is in `__init__.pyi`, where editors find
it too.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
