"""Relay's connections: pages of a list, with cursors (GraphQL Cursor Connections Specification).

    models = {"BookConnection": RelayConnection[Book], "BookEdge": Edge[Book], "PageInfo": PageInfo}

`Page` checks the arguments of a field, and makes the connection of the items that were read.
"""

from trunkline.contrib.relay.pages import (
    Edge,
    Page,
    PageInfo,
    RelayConnection,
    decode_cursor,
    encode_cursor,
)

__all__ = ["Edge", "Page", "PageInfo", "RelayConnection", "decode_cursor", "encode_cursor"]
