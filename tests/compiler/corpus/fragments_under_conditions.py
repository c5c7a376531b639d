"""A query, compiled by Trunkline from sha256:568b6db503970a488967f2044b217158d13cdf52e44fe70dbc62cadfc3061bff."""


def OPERATION(execution):
    """Query"""
    try:
        entry = {}
        if not execution.variables[0]:
            count = resolve_query_count()
            if type(count) is not int or not -0x3FFFFFFF <= count <= 0x3FFFFFFF:
                count = complete_Int(count)
            entry["count"] = count
        if not execution.variables[0]:
            try:
                work = resolve_query_work()
                if work is not None:
                    work = TYPES[work.__class__](execution, work)
            except Exception as error:
                execution.fail(error)
                work = None
            entry["work"] = work
        if "work" not in entry:
            try:
                work_2 = resolve_query_work()
                if work_2 is not None:
                    work_2 = TYPES[work_2.__class__](execution, work_2)
            except Exception as error:
                execution.fail(error)
                work_2 = None
            entry["work"] = work_2
        return entry
    except Exception as error:
        raise execution.locate(error)


def complete_query_work_book(execution, value):
    """Query.work: Work"""
    try:
        if value.__class__ is not Book:
            value = check_Book(value)
        refuse_null_condition(execution.variables[1], VARIABLE)
        entry = {}
        if not execution.variables[0]:
            id_ = value.id
            if id_.__class__ is not str:
                if type(id_) is int:
                    id_ = str(id_)
                else:
                    id_ = complete_ID(id_)
            entry["id"] = id_
        if execution.variables[1] and "id" not in entry:
            id__2 = value.id
            if id__2.__class__ is not str:
                if type(id__2) is int:
                    id__2 = str(id__2)
                else:
                    id__2 = complete_ID(id__2)
            entry["id"] = id__2
        if not execution.variables[0]:
            try:
                rating = value.rating
                if rating is not None:
                    if type(rating) is not float or rating - rating != 0.0:
                        rating = complete_Float_or_null(rating)
            except Exception as error:
                execution.fail(error)
                rating = None
            entry["rating"] = rating
        if not execution.variables[0]:
            entry["author"] = None
            awaitable = resolve_book_author(value)
            execution.agenda.defer(
                awaitable,
                complete_book_author,
                entry,
                "author",
                MARK,
            )
        return entry
    except Exception as error:
        raise execution.locate(error)


def complete_query_work_map(execution, value):
    """Query.work: Work"""
    try:
        value = check_Map(value)
        refuse_null_condition(execution.variables[1], VARIABLE_2)
        entry = {}
        if not execution.variables[0]:
            if type(value) is dict:
                id_ = value.get("id")
            else:
                id_ = lookup(value, ("id",), "Map.id")
            if id_.__class__ is not str:
                if type(id_) is int:
                    id_ = str(id_)
                else:
                    id_ = complete_ID(id_)
            entry["id"] = id_
        if execution.variables[1] and "id" not in entry:
            if type(value) is dict:
                id__2 = value.get("id")
            else:
                id__2 = lookup(value, ("id",), "Map.id")
            if id__2.__class__ is not str:
                if type(id__2) is int:
                    id__2 = str(id__2)
                else:
                    id__2 = complete_ID(id__2)
            entry["id"] = id__2
        if execution.variables[0] and execution.variables[1]:
            if type(value) is dict:
                scale = value.get("scale")
            else:
                scale = lookup(value, ("scale",), "Map.scale")
            if type(scale) is not int or not -0x3FFFFFFF <= scale <= 0x3FFFFFFF:
                scale = complete_Int(scale)
            entry["scale"] = scale
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
        return {
            "name": name,
        }
    except Exception as error:
        raise execution.locate(error)


TYPES = table_of(
    {
        "Book": complete_query_work_book,
        "Map": complete_query_work_map,
    }
)
