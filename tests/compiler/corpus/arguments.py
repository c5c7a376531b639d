"""A query, compiled by Trunkline from sha256:c331a2251f170e297c9a2b97cd123d1bb935dd8cab45f580c4d89e1d78011e9d."""


def OPERATION(execution):
    """Query"""
    try:
        books = resolve_query_books(genre=CONSTANT, first=CONSTANT_2)
        books = complete_query_books(execution, books)
        books_2 = resolve_query_books(
            **present(genre=execution.variables[0]),
            first=execution.variables[1],
        )
        books_2 = complete_query_books_2(execution, books_2)
        books_3 = resolve_query_books(first=CONSTANT_3)
        books_3 = complete_query_books_3(execution, books_3, MARK)
        books_4 = resolve_query_books(**build_arguments(execution.variables))
        books_4 = complete_query_books_3(execution, books_4, MARK_2)
        return {
            ALIAS: books,
            ALIAS_2: books_2,
            ALIAS_3: books_3,
            ALIAS_4: books_4,
        }
    except Exception as error:
        raise execution.locate(error)


def complete_query_books(execution, values):
    """Query.books: [Book!]!"""
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


def complete_query_books_2(execution, values):
    """Query.books: [Book!]!"""
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


def complete_query_books_3(execution, values, place):
    """Query.books: [Book!]!"""
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
        raise execution.locate(error, place, len(result))
