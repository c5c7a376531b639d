"""A query, compiled by Trunkline from sha256:ac5d5234cd070b9b0f9b6c47174e25e36660abe93e795497b556d4cfcc7f32bf."""


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
            execution.room -= 6 * len(values)
            if execution.room < 0:
                raise NoRoomError
        else:
            values = to_list(values)
            values = execution.measured(values, 6)
        for value in values:
            if value.__class__ is not Book:
                value = check_Book(value)
            title = value.title
            if title.__class__ is not str:
                title = complete_String(title)
            entry = {
                "title": title,
                "author": None,
            }
            awaitable = resolve_book_author(value)
            execution.agenda.defer(
                awaitable,
                complete_book_author,
                entry,
                "author",
                MARK,
                len(result),
            )
            result.append(entry)
        return result
    except Exception as error:
        raise execution.locate(error, len(result))


def complete_book_author(execution, value, i0):
    """Book.author: Author!"""
    try:
        execution.room -= 1
        if execution.room < 0:
            raise NoRoomError
        if value.__class__ is not Author:
            value = check_Author(value)
        name = value.name
        if name.__class__ is not str:
            name = complete_String(name)
        return {
            "name": name,
        }
    except Exception as error:
        raise execution.locate(error, i0)
