"""Nothing."""


def nothing() -> None: ...
