"""mcsan_lite: a course on, and a reproduction of, MCSAN (ICASSP 2021).

`import mcsan_lite as mc` gives what lessons and a reader's own script need; `dir(mc)` lists it.
Each name is loaded when it is first used, so that the import itself is instant. The list is in
`__init__.pyi`, where editors find it too.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
