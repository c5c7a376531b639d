"""The schema: SDL files, and what each field of them is bound to.

Knows GraphQL's type system and the classes of the application; nothing of operations or HTTP.
"""
