"""A query, compiled by Trunkline from sha256:60f24ada94675c7911282c70a918a56ab1cf6db9755f3a36526b594cec931e74."""


def OPERATION(execution):
    """Query"""
    try:
        try:
            book = resolve_query_book(id=execution.variables[0])
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
        title = value.title
        if title.__class__ is not str:
            title = complete_String(title)
        return {
            "title": title,
        }
    except Exception as error:
        raise execution.locate(error)
