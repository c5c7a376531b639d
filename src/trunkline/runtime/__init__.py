"""What compiled code calls: completing values, placing errors, waiting for what is awaited.

Knows nothing of documents or plans. Everything here is either on the path of every value, and then
short, or on the path of errors only, and then careful.
"""
