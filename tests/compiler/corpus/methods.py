"""A query, compiled by Trunkline from sha256:9cd21974fd6faa0021be5f9d067693d8de85b60f463beb02ab8cff7beec45b9e."""


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
        entry = {
            "author": None,
        }
        awaitable = resolve_book_author(value)
        execution.agenda.defer(awaitable, complete_book_author, entry, "author", MARK)
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
        try:
            initials = value.initials()
            if initials is not None and initials.__class__ is not str:
                initials = complete_String_or_null(initials)
        except Exception as error:
            execution.fail(error)
            initials = None
        entry = {
            "name": name,
            "initials": initials,
            "signs": None,
            ALIAS: None,
        }
        try:
            awaitable = value.signs(
                book=execution.variables[0],
                context=execution.context,
            )
            execution.agenda.defer(
                awaitable,
                finish_String_or_null,
                entry,
                "signs",
                MARK_2,
            )
        except Exception as error:
            execution.fail(error)
        try:
            awaitable = value.signs(book=CONSTANT_2, context=execution.context)
            execution.agenda.defer(
                awaitable,
                finish_String_or_null,
                entry,
                ALIAS,
                MARK_3,
            )
        except Exception as error:
            execution.fail(error)
        return entry
    except Exception as error:
        raise execution.locate(error)


def finish_String_or_null(execution, value, *indices):
    """String"""
    if value is not None and value.__class__ is not str:
        value = complete_String_or_null(value)
    return value
