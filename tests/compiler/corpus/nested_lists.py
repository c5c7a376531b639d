"""A query, compiled by Trunkline from sha256:dc52f53f7893eec5be3a2f9309d0ae2fd7f2fa7b2e5ee368ec0dc72c9bcaea65."""


def OPERATION(execution):
    """Query"""
    try:
        try:
            shelves = resolve_query_shelves()
            shelves = complete_query_shelves(execution, shelves)
        except Exception as error:
            execution.fail(error)
            shelves = None
        return {
            "shelves": shelves,
        }
    except Exception as error:
        raise execution.locate(error)


def complete_query_shelves(execution, values):
    """Query.shelves: [[Book]!]"""
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
            value = complete_query_shelves_2(execution, value, len(result))
            result.append(value)
        return result
    except Exception as error:
        raise execution.locate(error, len(result))


def complete_query_shelves_2(execution, values, i0):
    """Query.shelves: [[Book]!]"""
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
            if value is None:
                result.append(None)
                continue
            try:
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
            except Exception as error:
                execution.fail(error, i0, len(result))
                result.append(None)
        return result
    except Exception as error:
        raise execution.locate(error, i0, len(result))
