"""The called side: access tokens are checked, and requests without a valid one are denied.

`caller` reads the token of a request and writes the denial, `verifier` checks tokens and remembers
them, `claims` and `token_formats` say what a token must contain, `issuers` has the keys, `senders`
checks tokens that are bound to a key or a certificate, `protection` stands before any application.
"""
