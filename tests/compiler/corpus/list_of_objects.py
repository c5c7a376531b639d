"""A query, compiled by Trunkline from sha256:d6bcc501090f21677305d4ee4c7634ca0e20131d7782fef413f48a301e4c91d2."""


def OPERATION(execution):
    """Query"""
    try:
        books = resolve_query_books(**build_arguments(execution.variables))
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
            try:
                plain = [
                    {
                        "id": id_ if type(id_ := value.id) is str else complete_ID(id_),
                        "title": title
                        if type(title := value.title) is str
                        else complete_String(title),
                    }
                    for value in values
                    if type(value) is Book
                ]
                if len(plain) == len(values):
                    return plain
            except Exception:
                pass  # the loop below finds out what it was
        else:
            values = to_list(values)
            values = execution.measured(values, 2)
        for value in values:
            if type(value) is not Book:
                value = check_Book(value)
            id_ = value.id
            if type(id_) is not str:
                id_ = complete_ID(id_)
            title = value.title
            if type(title) is not str:
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
