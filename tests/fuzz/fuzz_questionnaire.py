"""Fuzzes the reader of Questionnaires, and the writer with what comes of it.

    .venv/bin/python tests/fuzz/fuzz_questionnaire.py [libFuzzer options, such as -max_total_time=600]

Only ``Imported`` or ``InvalidQuestionnaireError`` may come out of the reader; what was imported is written
and read back, where only ``UnwritableInstrumentError`` may come out. Half of the inputs are bytes as they
are, half a sound Questionnaire with some of its values replaced, taken out or doubled.
"""

import copy
import json
import sys
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parents[2]))

with atheris.instrument_imports(include=["instruments"]):
    from instruments.exchange import (
        InvalidQuestionnaireError,
        UnwritableInstrumentError,
        read_questionnaire,
        write_questionnaire,
    )

from tests.builders.questionnaires import WHOLE

OWN = "https://etterklang.example/fhir/StructureDefinition/"
ODD = [
    None, True, False, 0, -1, 1e300, 1e308, 2**63, 10**30, 0.1, "", " ", "x", "#v", "#codes", "|", "/",
    "a/help", "group", "choice", "quantity", "display", "2020", "2020-02-30", "25:00", "12:30", "(a+)+$", "[",
    "true", "NaN", "nb-NO", "ی", "\u2028", "\x00", OWN + "more-of-item", OWN + "translations",
    '{"branch":{"conditions":[{"item":"x","operator":"=","value":1}]}}', '{"options":[{"code":""}]}',
    [], {}, [[]], [{}], [None], {"url": 1}, {"extension": [{"url": "lang"}]},
    [{"linkId": "n", "type": "string"}], [{"valueString": "x"}, {"valueInteger": 1}],
    [{"question": "x", "operator": "=", "answerCoding": {"code": "x"}}],
    [{"url": OWN + "more-of-item", "valueString": '{"kind":"choice","initial":"x"}'}],
    [{"url": OWN + "structure", "valueString": '{"instrument_id":"","version":""}'}],
    [{"url": OWN + "translations", "valueString": '[{"read_as":"nb","language":"","version":""}]'}],
]  # fmt: skip
NAMES = [
    "text",
    "_text",
    "item",
    "extension",
    "answerValueSet",
    "initial",
    "valueString",
    "enableWhen",
    "code",
]
Holder = dict[str, object] | list[object]


def test_one_input(data: bytes) -> None:
    """One run: reads what ``data`` stands for; whatever else is raised is a fault."""
    provider = atheris.FuzzedDataProvider(data)
    content = _mutated(provider) if provider.ConsumeBool() else provider.ConsumeBytes(len(data))
    try:
        losses = read_questionnaire(content).losses
        imported = read_questionnaire(content, {loss.path for loss in losses})
    except InvalidQuestionnaireError:
        return
    if imported.instrument is None:
        raise AssertionError("all losses were accepted, and nothing was imported")
    try:
        write_questionnaire(imported.instrument)
    except UnwritableInstrumentError:
        return


def _mutated(provider: "atheris.FuzzedDataProvider") -> bytes:
    tree = copy.deepcopy(WHOLE)
    for _ in range(provider.ConsumeIntInRange(1, 4)):
        _mutate(tree, provider)
    return json.dumps(tree).encode()


def _mutate(tree: object, provider: "atheris.FuzzedDataProvider") -> None:
    """Walks down from the top for as long as the bytes say, and changes what it arrives at."""
    while isinstance(tree, dict | list) and tree:
        keys = list(tree) if isinstance(tree, dict) else list(range(len(tree)))
        key = keys[provider.ConsumeIntInRange(0, len(keys) - 1)]
        if isinstance(tree[key], dict | list) and tree[key] and provider.ConsumeIntInRange(0, 5):  # type: ignore[index]
            tree = tree[key]  # type: ignore[index]
            continue
        _change(tree, key, provider)
        return


def _change(holder: "Holder", key: object, provider: "atheris.FuzzedDataProvider") -> None:
    match provider.ConsumeIntInRange(0, 4):
        case 0:
            del holder[key]  # type: ignore[arg-type]
        case 1 if isinstance(holder, list):
            holder.append(copy.deepcopy(holder[key]))  # type: ignore[call-overload]
        case 2:
            holder[key] = provider.ConsumeUnicodeNoSurrogates(12)  # type: ignore[index, call-overload]
        case 3 if isinstance(holder, dict):
            holder[_a_name(provider)] = copy.deepcopy(holder[key])  # type: ignore[index]
        case _:
            odd = ODD[provider.ConsumeIntInRange(0, len(ODD) - 1)]
            holder[key] = copy.deepcopy(odd)  # type: ignore[index, call-overload]


def _a_name(provider: "atheris.FuzzedDataProvider") -> str:
    return NAMES[provider.ConsumeIntInRange(0, len(NAMES) - 1)]


if __name__ == "__main__":
    atheris.Setup(sys.argv, test_one_input)
    atheris.Fuzz()
