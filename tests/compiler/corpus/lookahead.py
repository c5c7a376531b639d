"""A query, compiled by Trunkline from sha256:623a695652637cbdacd89ba2291e62249313eefa3e35809e98383734b3108e6e."""


def OPERATION(execution):
    """Query"""
    try:
        entry = {}
        try:
            lent = resolve_query_lent(selection=SELECTION)
            lent = complete_query_lent(execution, lent)
        except Exception as error:
            execution.fail(error)
            lent = None
        entry["lent"] = lent
        try:
            lent_2 = resolve_query_lent(
                **present(genre=execution.variables[1]),
                selection=SELECTION_2.given(execution.variables),
            )
            lent_2 = complete_query_lent_2(execution, lent_2)
        except Exception as error:
            execution.fail(error)
            lent_2 = None
        entry[ALIAS] = lent_2
        if execution.variables[0]:
            try:
                lent_3 = resolve_query_lent(selection=SELECTION_3)
                lent_3 = complete_query_lent_3(execution, lent_3)
            except Exception as error:
                execution.fail(error)
                lent_3 = None
            entry[ALIAS_2] = lent_3
        return entry
    except Exception as error:
        raise execution.locate(error)


def complete_query_lent(execution, values):
    """Query.lent: [Book!]"""
    if values is None:
        return None
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


def complete_query_lent_2(execution, values):
    """Query.lent: [Book!]"""
    if values is None:
        return None
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
            entry = {}
            if execution.variables[0]:
                title = value.title
                if title.__class__ is not str:
                    title = complete_String(title)
                entry["title"] = title
            result.append(entry)
        return result
    except Exception as error:
        raise execution.locate(error, len(result))


def complete_query_lent_3(execution, values):
    """Query.lent: [Book!]"""
    if values is None:
        return None
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
