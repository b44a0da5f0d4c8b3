"""The one table of models, by the name that a `Spec` gives: MCSAN, the baselines and plain fusions.

Each is a class with a `Config`; docs/adding_a_model.md says what else it must have.
"""

from mcsan_lite.models.baselines.amh import AMH
from mcsan_lite.models.baselines.can import CAN
from mcsan_lite.models.baselines.cmkl import CMKL
from mcsan_lite.models.baselines.liang import Liang
from mcsan_lite.models.baselines.mdre import MDRE
from mcsan_lite.models.baselines.mult import MulT
from mcsan_lite.models.baselines.multihop import MultiHop
from mcsan_lite.models.baselines.self_cross import SelfCross
from mcsan_lite.models.baselines.xu_align import XuAlign, XuAlignDelta
from mcsan_lite.models.fusion import Fusion
from mcsan_lite.models.mcsan import MCSAN

MODELS = {
    "mcsan": MCSAN,
    "mdre": MDRE,
    "multihop": MultiHop,
    "xu_align": XuAlign,
    "xu_align_delta": XuAlignDelta,
    "can": CAN,
    "amh": AMH,
    "mult": MulT,
    "self_cross": SelfCross,
    "cmkl": CMKL,
    "liang": Liang,
    "fusion": Fusion,
}
