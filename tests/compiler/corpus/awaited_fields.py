"""A query, compiled by Trunkline from sha256:fbc95d90fd84cd848378577293b4fcb12d954fbd3344026c65571a2fd8d4af24."""


def OPERATION(execution):
    """Query"""
    try:
        count = resolve_query_count()
        if type(count) is not int or not -0x3FFFFFFF <= count <= 0x3FFFFFFF:
            count = complete_Int(count)
        entry = {
            "slowBook": None,
            "count": count,
        }
        try:
            awaitable = resolve_query_slow_book(id=CONSTANT)
            execution.agenda.defer(
                awaitable,
                complete_query_slow_book,
                entry,
                "slowBook",
                MARK,
            )
        except Exception as error:
            execution.fail(error)
        return entry
    except Exception as error:
        raise execution.locate(error)


def complete_query_slow_book(execution, value):
    """Query.slowBook: Book"""
    try:
        if value is None:
            return None
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
        execution.agenda.defer(awaitable, complete_book_author, entry, "author", MARK_2)
        return entry
    except Exception as error:
        raise execution.locate(error)


def complete_book_author(execution, value):
    """Book.author: Author!"""
    try:
        if value.__class__ is not Author:
            value = check_Author(value)
        name = value.name
        if name.__class__ is not str:
            name = complete_String(name)
        books = resolve_author_books(value)
        books = complete_author_books(execution, books)
        return {
            "name": name,
            "books": books,
        }
    except Exception as error:
        raise execution.locate(error)


def complete_author_books(execution, values):
    """Author.books: [Book!]!"""
    result = []
    try:
        if type(values) is list:
            execution.room -= len(values)
            if execution.room < 0:
                raise NoRoomError
        else:
            values = to_list(values)
            values = execution.measured(values, 1)
        for value in values:
            if value.__class__ is not Book:
                value = check_Book(value)
            title = value.title
            if title.__class__ is not str:
                title = complete_String(title)
            result.append(
                {
                    "title": title,
                }
            )
        return result
    except Exception as error:
        raise execution.locate(error, len(result))
