"""Reproducible benchmarks: each prints a table and the machine, and writes ``bench/results/NAME.json``."""
