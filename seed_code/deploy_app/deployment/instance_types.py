"""Which instances encrypt their own storage."""

from __future__ import annotations

# CreateEndpointConfig refuses a key for instances with local storage, whose hardware encrypts it. The families are a
# list, since no letter tells: ml.m5.medium has a d, and ml.g5 has storage.
FAMILIES_WITH_LOCAL_STORAGE = frozenset(
    {"c5d", "c6gd", "c6id", "c7gd", "c8gd", "g4dn", "g5", "g6", "g6e", "gr6", "m5d", "m6gd", "m6id", "m7gd", "m8gd"}
    | {"p3dn", "p4d", "p4de", "p5", "p5e", "p5en", "p6-b200", "r5d", "r6gd", "r6id", "r7gd", "r8gd"}
    | {"trn1", "trn1n", "trn2"}
)


def has_local_storage(instance_type: str) -> bool:
    """Say whether `ml.<family>.<size>` comes with storage of its own."""
    return instance_type.split(".")[1] in FAMILIES_WITH_LOCAL_STORAGE
