from trunkline import gql

WRONG = gql("query Wrong { hero { nme } }")
LONG = gql(
    """
    query Long {
      hero { name }
      todo(id: 1) { titel }
    }
    """
)
