"""The parts of tools/make_samples.py: chance, world, traffic, gateways, writers, truth."""
