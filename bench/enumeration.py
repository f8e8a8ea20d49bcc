"""Whether a login takes another time for a number that a registry has fed: 10,000 of each, Mann-Whitney."""

import asyncio
import random
import time
from collections.abc import Iterator, Sequence
from math import erfc, sqrt

import msgspec
import numpy as np
from joserfc.jwk import ECKey
from numpy.typing import NDArray

from bench.figures import Figure
from bench.ground import ground
from surveys.database import Role
from surveys.keys import Audience
from surveys.keys.in_process import InProcessKeys, Vault
from surveys.keys.service import opened_vault
from surveys.national_id import with_control_digits
from surveys.settings import Settings
from tests.builders.keys import key_server, login_token

EACH = 10_000
WARM_UP = 500
FED_AT_ONCE = 2_000
LEAST_P = 0.01
NONCE = "the nonce of this login"
KEY = ECKey.generate_key("P-256", {"kid": "bench"})


def measure() -> Sequence[Figure]:
    """Times the key service's login, the one place where a number is looked up, in a random order."""
    with ground() as at, key_server(KEY) as provider:
        settings = msgspec.structs.replace(at.settings, etterklang_patient_issuer=provider.issuer)
        known, unknown = asyncio.run(_measure(settings))
    return (
        Figure("login_known_p50_us", float(np.median(known)), "us", "lower"),
        Figure("login_unknown_p50_us", float(np.median(unknown)), "us", "lower"),
        Figure("login_known_minus_unknown_us", float(np.median(known) - np.median(unknown)), "us", "lower"),
        Figure("login_mann_whitney_p", mann_whitney(known, unknown), "", "higher", LEAST_P),
    )


def mann_whitney(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """The two-sided p of the U test (Mann and Whitney 1947), by the normal approximation with ties."""
    values, counts = np.unique(np.concatenate((one, other)), return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2
    n, m, total = len(one), len(other), len(one) + len(other)
    u = float(ranks[np.searchsorted(values, one)].sum()) - n * (n + 1) / 2
    ties = float((counts.astype(float) ** 3 - counts).sum()) / (total * (total - 1))
    deviation = sqrt(n * m / 12 * (total + 1 - ties))
    return erfc(abs(u - n * m / 2) / deviation / sqrt(2))


async def _measure(settings: Settings) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    numbers = list(_numbers(2 * (EACH + WARM_UP)))
    random.Random(1).shuffle(numbers)  # noqa: S311 - an order, no secret
    fed = set(numbers[::2])
    taken: dict[bool, list[float]] = {True: [], False: []}
    async with opened_vault(settings) as vault:
        feeding = InProcessKeys(vault, Role.WORKER)
        known = sorted(fed)
        for at in range(0, len(known), FED_AT_ONCE):
            await feeding.link(known[at : at + FED_AT_ONCE])
        random.Random(2).shuffle(numbers)  # noqa: S311 - an order, no secret
        for number in numbers:
            taken[number in fed].append(await _login(vault, number))
    return np.array(taken[True][WARM_UP:]), np.array(taken[False][WARM_UP:])


async def _login(vault: Vault, number: str) -> float:
    """Microseconds."""
    token = login_token(KEY, "bench", vault.settings.etterklang_patient_issuer, number, NONCE)
    web = InProcessKeys(vault, Role.WEB)
    started = time.perf_counter()
    await web.login(Audience.PATIENT, token, NONCE)
    return (time.perf_counter() - started) * 1e6


def _numbers(count: int) -> Iterator[str]:
    """So many valid synthetic national identifiers (month + 80)."""
    made = 0
    for place in range(10 * count):
        number = with_control_digits(f"{1 + place % 28:02d}81{place // 28 % 100:02d}{place // 2800:03d}")
        if number is not None:
            yield number
            made += 1
        if made == count:
            return
