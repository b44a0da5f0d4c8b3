"""The one table of models: grep finds every name here."""

from mcsan_lite.models.mcsan import MCSAN

MODELS = {"mcsan": MCSAN}
