"""Rules as sealed documents; of several versions of one rule the highest counts."""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from instruments.versions import canonical
from surveys.catalogue import open_documents, store_document
from surveys.identifiers import DocumentId
from surveys.keys import Keys
from surveys.lateeffects.errors import InvalidRuleError
from surveys.lateeffects.rules import LateEffectRule, check_rule


async def store_rule(
    connection: AsyncConnection, keys: Keys, rule: LateEffectRule, now: datetime
) -> DocumentId:
    """Stores ``rule``, which counts from then on unless a higher version is stored.

    Raises:
        InvalidRuleError: the document cannot be applied; each fault names its place.
        KeysError: the key service refused or could not be reached.
    """
    if faults := check_rule(rule):
        raise InvalidRuleError(faults)
    return await store_document(connection, keys, "late-effect-rule", canonical(rule), now)


async def load_rules(connection: AsyncConnection, keys: Keys) -> list[LateEffectRule]:
    """The rules that count, in the order of their identifiers.

    Raises:
        KeysError: a document does not open, or the key service could not be reached.
    """
    documents = await open_documents(connection, keys, "late-effect-rule")
    newest: dict[UUID, LateEffectRule] = {}
    for content in documents.values():
        rule = msgspec.json.decode(content, type=LateEffectRule)
        if rule.rule_id not in newest or newest[rule.rule_id].version < rule.version:
            newest[rule.rule_id] = rule
    return [newest[rule_id] for rule_id in sorted(newest)]
