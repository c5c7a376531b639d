"""A query, compiled by Trunkline from sha256:d6bcc501090f21677305d4ee4c7634ca0e20131d7782fef413f48a301e4c91d2."""


def OPERATION(execution):
    """Query"""
    try:
        books = resolve_query_books(first=CONSTANT)
        books = complete_query_books(execution, books)
        return {
            "books": books,
        }
    except Exception as error:
        raise execution.locate(error)


def complete_query_books(execution, values):
    """Query.books: [Book!]!"""
    result = []
    try:
        if type(values) is list:
            execution.room -= 2 * len(values)
            if execution.room < 0:
                raise NoRoomError
        else:
            values = to_list(values)
            values = execution.measured(values, 2)
        for value in values:
            if value.__class__ is not Book:
                value = check_Book(value)
            id_ = value.id
            if id_.__class__ is not str:
                if type(id_) is int:
                    id_ = str(id_)
                else:
                    id_ = complete_ID(id_)
            title = value.title
            if title.__class__ is not str:
                title = complete_String(title)
            result.append(
                {
                    "id": id_,
                    "title": title,
                }
            )
        return result
    except Exception as error:
        raise execution.locate(error, len(result))
