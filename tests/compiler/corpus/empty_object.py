"""A query, compiled by Trunkline from sha256:ab461bfdb077775832663e937a55ef002c09b01b41a8223ca93079d5dabb4449."""


def OPERATION(execution):
    """Query"""
    try:
        try:
            book = resolve_query_book(id=CONSTANT)
            book = complete_query_book(execution, book)
        except Exception as error:
            execution.fail(error)
            book = None
        return {
            "book": book,
        }
    except Exception as error:
        raise execution.locate(error)


def complete_query_book(execution, value):
    """Query.book: Book"""
    try:
        if value is None:
            return None
        if value.__class__ is not Book:
            value = check_Book(value)
        entry = {}
        if execution.variables[0]:
            title = value.title
            if title.__class__ is not str:
                title = complete_String(title)
            entry["title"] = title
        return entry
    except Exception as error:
        raise execution.locate(error)
