"""Small networks on features at hand, trained in seconds: what lesson 16 breaks and repairs.

In: features as tensors, and a network or a function of them. Out: a trained network, or what it
gives for utterances alone and in company.
"""
