"""A mutation, compiled by Trunkline from sha256:1f630e11f49c9b345d4ccf1870f5fe541baa5a90e68efe594427b835155d2a05."""


def OPERATION(execution):
    """Mutation"""
    try:
        entry = execution.data = {}
        entry[ALIAS] = None
        try:
            awaitable = resolve_mutation_slow_add(title=execution.variables[0])
            execution.agenda.defer(awaitable, finish_Int_or_null, entry, ALIAS, MARK)
        except Exception as error:
            execution.fail(error)
        yield  # the next field waits until this one is done
        add_book = resolve_mutation_add_book(**build_arguments(execution.variables))
        add_book = complete_mutation_add_book(execution, add_book)
        entry["addBook"] = add_book
        yield  # the next field waits until this one is done
    except Exception as error:
        raise execution.locate(error)


def finish_Int_or_null(execution, value, *indices):
    """Int"""
    if value is not None:
        if type(value) is not int or not -0x3FFFFFFF <= value <= 0x3FFFFFFF:
            value = complete_Int_or_null(value)
    return value


def complete_mutation_add_book(execution, value):
    """Mutation.addBook: Book!"""
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
            "title": title,
            "pages": pages,
        }
    except Exception as error:
        raise execution.locate(error)
