"""A query, compiled by Trunkline from sha256:5669915feb0146c284b903da0536b848dc6ba0e348772701e06feaa48c36b668."""


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
            try:
                subtitle = value.subtitle
                if subtitle is not None and subtitle.__class__ is not str:
                    subtitle = complete_String_or_null(subtitle)
                pages = value.pages
                if pages is not None:
                    if type(pages) is not int or not -0x3FFFFFFF <= pages <= 0x3FFFFFFF:
                        pages = complete_Int_or_null(pages)
                rating = value.rating
                if rating is not None:
                    if type(rating) is not float or rating - rating != 0.0:
                        rating = complete_Float_or_null(rating)
            except Exception as error:
                subtitle, pages, rating = reread(
                    execution,
                    error,
                    LEAVES,
                    value,
                    len(result),
                )
            try:
                is_lent = value.is_lent
                if type(is_lent) is not bool:
                    is_lent = complete_Boolean(is_lent)
                genre = value.genre
                if genre is not None:
                    if type(genre) is not str or genre not in NAMES:
                        genre = complete_Genre_or_null(genre)
            except Exception as error:
                is_lent, genre = reread(execution, error, LEAVES_2, value, len(result))
            try:
                reviews = value.reviews
                reviews = complete_book_reviews(execution, reviews, len(result))
            except Exception as error:
                execution.fail(error, len(result))
                reviews = None
            result.append(
                {
                    "subtitle": subtitle,
                    "pages": pages,
                    "rating": rating,
                    "isLent": is_lent,
                    "genre": genre,
                    "reviews": reviews,
                }
            )
        return result
    except Exception as error:
        raise execution.locate(error, len(result))


def complete_book_reviews(execution, values, i0):
    """Book.reviews: [String!]"""
    if values is None:
        return None
    result = []
    try:
        if type(values) is list:
            execution.room -= len(values)
            if execution.room < 0:
                raise NoRoomError
            if len(values) > 30:
                plain = check_leaves(execution, values)
                if plain is not None:
                    return plain
        else:
            values = to_list(values)
            values = execution.measured(values, 1)
        for value in values:
            if value.__class__ is not str:
                value = complete_String(value)
            result.append(value)
        return result
    except Exception as error:
        raise execution.locate(error, i0, len(result))
