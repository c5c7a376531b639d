"""A program whose operations stand where they are used."""

from trunkline import gql

HERO = gql("query Hero { hero { ...Named } }")
NAMED = gql(
    """
    fragment Named on Character {
      name
    }
    """
)
ANONYMOUS = gql("{ hero { id } }")
TOGETHER = gql("query Id { hero { id ...Named } }" + str(NAMED))
ELSEWHERE = gql(HERO.text)
