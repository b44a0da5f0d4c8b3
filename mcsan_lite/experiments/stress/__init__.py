"""How a trained model bears what the world does to its input."""
