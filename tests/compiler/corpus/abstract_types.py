"""A query, compiled by Trunkline from sha256:ad39b5870f306faca51b33c6680879193fb57f37551d111f6b51da0e07ebfcfe."""


def OPERATION(execution):
    """Query"""
    try:
        try:
            work = resolve_query_work()
            if work is not None:
                work = TYPES[work.__class__](execution, work)
        except Exception as error:
            execution.fail(error)
            work = None
        search = resolve_query_search(text=CONSTANT)
        search = complete_query_search(execution, search)
        return {
            "work": work,
            "search": search,
        }
    except Exception as error:
        raise execution.locate(error)


def complete_query_work_book(execution, value):
    """Query.work: Work"""
    try:
        if value.__class__ is not Book:
            value = check_Book(value)
        try:
            title = value.title
            if title.__class__ is not str:
                title = complete_String(title)
            pages = value.pages
            if pages is not None:
                if type(pages) is not int or not -0x3FFFFFFF <= pages <= 0x3FFFFFFF:
                    pages = complete_Int_or_null(pages)
        except Exception as error:
            title, pages = reread(execution, error, LEAVES, value)
        return {
            "__typename": "Book",
            "title": title,
            "pages": pages,
        }
    except Exception as error:
        raise execution.locate(error)


def complete_query_work_map(execution, value):
    """Query.work: Work"""
    try:
        value = check_Map(value)
        if type(value) is dict:
            title = value.get("title")
        else:
            title = lookup(value, ("title",), "Map.title")
        if title.__class__ is not str:
            title = complete_String(title)
        return {
            "__typename": "Map",
            "title": title,
        }
    except Exception as error:
        raise execution.locate(error)


def complete_query_search(execution, values):
    """Query.search: [Found]!"""
    result = []
    more = -1
    try:
        if type(values) is list:
            execution.room -= len(values)
            if execution.room < 0:
                raise NoRoomError
        else:
            values = to_list(values)
            values = execution.measured(values, 1)
        more = 0
        for value in values:
            try:
                class_ = value.__class__
                if class_ is Book:
                    id_ = value.id
                    if id_.__class__ is not str:
                        if type(id_) is int:
                            id_ = str(id_)
                        else:
                            id_ = complete_ID(id_)
                    result.append(
                        {
                            "id": id_,
                        }
                    )
                elif class_ is Author:
                    name = value.name
                    if name.__class__ is not str:
                        name = complete_String(name)
                    result.append(
                        {
                            "name": name,
                        }
                    )
                else:
                    more -= 1
                    if value is not None:
                        value = TYPES_2[value.__class__](execution, value, len(result))
                    result.append(value)
            except Exception as error:
                execution.fail(error, len(result))
                result.append(None)
        execution.room -= len(result) + more
        if execution.room < 0:
            raise NoRoomError
        return result
    except Exception as error:
        execution.room -= len(result) + 1 + more
        raise execution.locate(error, len(result))


def complete_query_search_book(execution, value, i0):
    """Query.search: [Found]!"""
    try:
        execution.room -= 1
        if execution.room < 0:
            raise NoRoomError
        if value.__class__ is not Book:
            value = check_Book(value)
        id_ = value.id
        if id_.__class__ is not str:
            if type(id_) is int:
                id_ = str(id_)
            else:
                id_ = complete_ID(id_)
        return {
            "id": id_,
        }
    except Exception as error:
        raise execution.locate(error, i0)


def complete_query_search_author(execution, value, i0):
    """Query.search: [Found]!"""
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


def complete_query_search_map(execution, value, i0):
    """Query.search: [Found]!"""
    try:
        execution.room -= 1
        if execution.room < 0:
            raise NoRoomError
        value = check_Map(value)
        if type(value) is dict:
            id_ = value.get("id")
        else:
            id_ = lookup(value, ("id",), "Map.id")
        if id_.__class__ is not str:
            if type(id_) is int:
                id_ = str(id_)
            else:
                id_ = complete_ID(id_)
        return {
            "id": id_,
        }
    except Exception as error:
        raise execution.locate(error, i0)


TYPES = table_of(
    {
        "Book": complete_query_work_book,
        "Map": complete_query_work_map,
    }
)


TYPES_2 = table_of_2(
    {
        "Book": complete_query_search_book,
        "Author": complete_query_search_author,
        "Map": complete_query_search_map,
    }
)
