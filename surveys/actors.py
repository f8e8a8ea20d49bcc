"""Who acts, by the name that they give: where an act takes two people, whether these are two."""


def known_as(name: str) -> str:
    """What a name is compared by: letters' case and blanks around it make nobody another person."""
    return name.strip().casefold()
