"""What compiled code calls: completing values, placing errors, leaving work for later.

Knows nothing of documents or plans. Everything here is either on the way of every value, and then
short, or on the way of errors only, and then careful.
"""
