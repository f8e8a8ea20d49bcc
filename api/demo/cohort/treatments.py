"""Which treatments a synthetic case has, by the treatment mix of its site."""

from datetime import date, timedelta
from random import Random
from typing import NamedTuple

from api.demo.cohort.figures import norway
from api.demo.cohort.people import Tumour, pick


class Given(NamedTuple):
    """A treatment: its kind, first and last day, and intent."""

    kind: str
    started_on: date
    ended_on: date | None
    intent: str


DAYS_OF = {"surgery": 0, "radiotherapy": 49, "chemotherapy": 126, "hormone": 540, "surveillance": None}


def treatments_of(random: Random, tumour: Tumour, today: date) -> list[Given]:
    """The treatments that had started by today, in the order of their dates."""
    given: list[Given] = []
    start = tumour.incidence_date + timedelta(days=20 + random.randrange(80))
    intent = "palliative" if tumour.stage == 4 else "curative"
    for kind in _kinds(random, tumour.site.name):
        days = DAYS_OF[kind]
        ended = None if days is None else start + timedelta(days=days)
        if start <= today:
            given.append(Given(kind, start, ended if ended and ended <= today else None, intent))
        start += timedelta(days=(days or 0) + 28)
    return given


def _kinds(random: Random, site: str) -> tuple[str, ...]:
    mix = norway().treatment_mix
    if site == "prostate":
        return pick(random, _prostate(mix["prostate"]))
    if site == "breast":
        return _breast(random, mix["breast"])
    if site == "colon":
        return _after_resection(random, mix["colon"], "resection", "adjuvant chemo")
    if site == "rectum/rectosigmoid":
        before = ("radiotherapy",) if random.random() < _share(mix["rectum"], "preop RT") else ()
        return before + (() if random.random() < _share(mix["rectum"], "no resection") else ("surgery",))
    if site == "lung":
        lung = mix["lung"]
        return pick(
            random,
            [
                (("surgery",), _share(lung, "resection")),
                (("radiotherapy",), _share(lung, "curative RT")),
                (("chemotherapy",), _share(lung, "systemic")),
                ((), _share(lung, "best supportive")),
            ],
        )
    return ("surgery",) if random.random() < 0.6 else ("chemotherapy",)


def _prostate(mix: dict[str, float | str]) -> list[tuple[tuple[str, ...], float]]:
    return [
        (("surveillance",), _share(mix, "active surveillance")),
        (("surgery",), _share(mix, "prostatectomy")),
        (("hormone", "radiotherapy"), _share(mix, "radiotherapy +/- ADT")),
        (("hormone",), _share(mix, "ADT only")),
        ((), _share(mix, "none/other")),
    ]


def _breast(random: Random, mix: dict[str, float | str]) -> tuple[str, ...]:
    kinds: tuple[str, ...] = () if random.random() < _share(mix, "no surgery") else ("surgery",)
    if random.random() < _share(mix, "chemo"):
        kinds += ("chemotherapy",)
    if random.random() < _share(mix, "BCS") * _share(mix, "RT after BCS"):
        kinds += ("radiotherapy",)
    return (*kinds, "hormone") if random.random() < _share(mix, "endocrine") else kinds


def _after_resection(
    random: Random, mix: dict[str, float | str], surgery: str, chemotherapy: str
) -> tuple[str, ...]:
    if random.random() >= _share(mix, surgery):
        return ()
    return ("surgery", "chemotherapy") if random.random() < _share(mix, chemotherapy) else ("surgery",)


def _share(mix: dict[str, float | str], name: str) -> float:
    return float(mix[name])
