"""How sure a run may be: fitted once, kept beside its weights, asked of every utterance."""
