"""A query, compiled by Trunkline from sha256:4a2a1b4872b3ee5de504817b557974071f62ab230fc7c06b07fce91533207d29."""


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
    copies_batch = execution.agenda.batch(batch_book_copies, complete_book_copies, MARK)
    publisher_batch = execution.agenda.batch(
        batch_book_publisher,
        complete_book_publisher,
        MARK_2,
    )
    try:
        if type(values) is list:
            execution.room -= 11 * len(values)
            if execution.room < 0:
                raise NoRoomError
        else:
            values = to_list(values)
            values = execution.measured(values, 11)
        for value in values:
            if value.__class__ is not Book:
                value = check_Book(value)
            entry = {}
            title = value.title
            if title.__class__ is not str:
                title = complete_String(title)
            entry["title"] = title
            entry["copies"] = None
            copies_batch.flat += (value, entry, len(result))
            if execution.variables[1]:
                entry["publisher"] = None
                publisher_batch.flat += (value, entry, len(result))
            result.append(entry)
        return result
    except Exception as error:
        raise execution.locate(error, len(result))


def batch_book_copies(execution, parents):
    """Book.copies: Int"""
    return resolve_book_copies(parents, branch=execution.variables[0])


def complete_book_copies(execution, places):
    """Book.copies: Int"""
    for target, i0, value in places:
        try:
            if value is not None:
                if type(value) is not int or not -0x3FFFFFFF <= value <= 0x3FFFFFFF:
                    value = complete_Int_or_null(value)
            target["copies"] = value
        except Exception as error:
            execution.reject(error, i0)


def batch_book_publisher(execution, parents):
    """Book.publisher: Publisher!"""
    return resolve_book_publisher(parents)


def complete_book_publisher(execution, places):
    """Book.publisher: Publisher!"""
    address_batch = execution.agenda.batch(
        batch_publisher_address,
        complete_publisher_address,
        MARK_3,
    )
    for target, i0, value in places:
        try:
            if value.__class__ is not Publisher:
                value = check_Publisher(value)
            name = value.name
            if name.__class__ is not str:
                name = complete_String(name)
            entry = {
                "name": name,
                "address": None,
            }
            address_batch.flat += (value, entry, i0)
            target["publisher"] = entry
        except Exception as error:
            execution.reject(error, i0)


def batch_publisher_address(execution, parents):
    """Publisher.address: Address"""
    return resolve_publisher_address(parents)


def complete_publisher_address(execution, places):
    """Publisher.address: Address"""
    for target, i0, value in places:
        try:
            if value is None:
                continue
            value = check_Address(value)
            if type(value) is dict:
                city = value.get("city")
            else:
                city = lookup(value, ("city",), "Address.city")
            if city.__class__ is not str:
                city = complete_String(city)
            target["address"] = {
                "city": city,
            }
        except Exception as error:
            execution.reject(error, i0)
