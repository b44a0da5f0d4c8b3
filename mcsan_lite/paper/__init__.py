"""The paper as data and programs: its tables and claims, our rows beside them, and the verdicts.

`import mcsan_lite as mc` gives them as `mc.paper.table3_specs` and so on; `dir(mc.paper)` lists
them. Each is loaded when it is first used. The list is in `__init__.pyi`, where editors find it
too.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
