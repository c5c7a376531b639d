from trunkline import gql

FIELD = "name"
FORMATTED = gql(f"query Hero {{ hero {{ {FIELD} }} }}")
