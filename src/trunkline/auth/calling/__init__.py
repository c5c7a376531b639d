"""The calling side of OAuth 2: tokens are requested, kept, renewed and sent.

`credentials` sends tokens, and decides with `attempts` when to request one; `tokens` has the token
request and its response, `authentication` proves who the client is, `cache` shares tokens between
processes, `adapters` serves other HTTP libraries.
"""
