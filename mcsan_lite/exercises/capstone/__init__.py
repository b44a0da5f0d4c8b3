"""The capstone of the course: one sentence of the paper, tested by a protocol stated in advance."""
