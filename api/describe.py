"""Prints the description of the API: ``python -m api.describe > openapi.json``."""

import sys

from api.app import DESCRIBED
from api.openapi import describe

if __name__ == "__main__":
    sys.stdout.buffer.write(describe(DESCRIBED))
