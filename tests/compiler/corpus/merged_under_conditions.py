"""A query, compiled by Trunkline from sha256:474914c516ddf6dd9e89ea121b56e848f6350e1bfa5a32a538f16bd054bd56e4."""


def OPERATION(execution):
    """Query"""
    try:
        entry = {}
        if execution.variables[0]:
            try:
                book = resolve_query_book(id=CONSTANT)
                book = complete_query_book(execution, book)
            except Exception as error:
                execution.fail(error)
                book = None
            entry["book"] = book
        count = resolve_query_count()
        if type(count) is not int or not -0x3FFFFFFF <= count <= 0x3FFFFFFF:
            count = complete_Int(count)
        entry["count"] = count
        if execution.variables[1] and "book" not in entry:
            try:
                book_2 = resolve_query_book(id=CONSTANT_2)
                book_2 = complete_query_book(execution, book_2)
            except Exception as error:
                execution.fail(error)
                book_2 = None
            entry["book"] = book_2
        return entry
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
        if execution.variables[1]:
            try:
                pages = value.pages
                if pages is not None:
                    if type(pages) is not int or not -0x3FFFFFFF <= pages <= 0x3FFFFFFF:
                        pages = complete_Int_or_null(pages)
            except Exception as error:
                execution.fail(error)
                pages = None
            entry["pages"] = pages
        return entry
    except Exception as error:
        raise execution.locate(error)
