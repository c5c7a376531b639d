"""A query, compiled by Trunkline from sha256:cd3e7dc4437330cd739f2ccbbe5ca831b700882d6f629c0306659c6e1e3552a3."""


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
            id_ = value.id
            if id_.__class__ is not str:
                if type(id_) is int:
                    id_ = str(id_)
                else:
                    id_ = complete_ID(id_)
            entry["id"] = id_
        if not execution.variables[0] and execution.variables[1]:
            title = value.title
            if title.__class__ is not str:
                title = complete_String(title)
            entry["title"] = title
        if not execution.variables[1]:
            try:
                pages = value.pages
                if pages is not None:
                    if type(pages) is not int or not -0x3FFFFFFF <= pages <= 0x3FFFFFFF:
                        pages = complete_Int_or_null(pages)
            except Exception as error:
                execution.fail(error)
                pages = None
            entry["pages"] = pages
        if not execution.variables[1]:
            try:
                rating = value.rating
                if rating is not None:
                    if type(rating) is not float or rating - rating != 0.0:
                        rating = complete_Float_or_null(rating)
            except Exception as error:
                execution.fail(error)
                rating = None
            entry["rating"] = rating
        try:
            subtitle = value.subtitle
            if subtitle is not None and subtitle.__class__ is not str:
                subtitle = complete_String_or_null(subtitle)
        except Exception as error:
            execution.fail(error)
            subtitle = None
        entry["subtitle"] = subtitle
        return entry
    except Exception as error:
        raise execution.locate(error)
