"""A laboratory for compound-AI systems."""
