"""What can go wrong with late-effect rules and signals."""

from collections.abc import Mapping

from surveys.identifiers import SignalId


class LateEffectsError(Exception):
    """The family of everything that this folder raises."""


class InvalidRuleError(LateEffectsError):
    """The document is not a rule that can be applied; ``faults`` maps each place to what it must be."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        self.faults = dict(faults)
        super().__init__(
            "the late-effect rule cannot be used: "
            + "; ".join(f"{place}: {rule}" for place, rule in self.faults.items())
        )


class SignalNotFoundError(LateEffectsError):
    """There is no such signal."""

    def __init__(self, signal_id: SignalId) -> None:
        self.signal_id = signal_id
        super().__init__(f"there is no signal {signal_id}; fetch the list again")
