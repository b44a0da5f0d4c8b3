"""The one table of models: grep finds every name here."""

from mcsan_lite.models.amh import AMH
from mcsan_lite.models.can import CAN
from mcsan_lite.models.cmkl import CMKL
from mcsan_lite.models.liang import Liang
from mcsan_lite.models.mcsan import MCSAN
from mcsan_lite.models.mdre import MDRE
from mcsan_lite.models.mult import MulT
from mcsan_lite.models.multihop import MultiHop
from mcsan_lite.models.self_cross import SelfCross
from mcsan_lite.models.xu_align import XuAlign, XuAlignDelta

MODELS = {"mcsan": MCSAN, "mdre": MDRE, "multihop": MultiHop, "xu_align": XuAlign, "xu_align_delta": XuAlignDelta,
          "can": CAN, "amh": AMH, "mult": MulT, "self_cross": SelfCross, "cmkl": CMKL, "liang": Liang}
