"""A query, compiled by Trunkline from sha256:5542f62e016022208029f5606bdc0dd86dec615740cf370059b49e2fbce68996."""


def OPERATION(execution):
    """Query"""
    try:
        try:
            class_ = resolve_query_class()
            if class_ is not None and class_.__class__ is not str:
                class_ = complete_String_or_null(class_)
        except Exception as error:
            execution.fail(error)
            class_ = None
        try:
            class__2 = resolve_query_class()
            if class__2 is not None and class__2.__class__ is not str:
                class__2 = complete_String_or_null(class__2)
        except Exception as error:
            execution.fail(error)
            class__2 = None
        count = resolve_query_count()
        if type(count) is not int or not -0x3FFFFFFF <= count <= 0x3FFFFFFF:
            count = complete_Int(count)
        try:
            class__3 = resolve_query_class()
            if class__3 is not None and class__3.__class__ is not str:
                class__3 = complete_String_or_null(class__3)
        except Exception as error:
            execution.fail(error)
            class__3 = None
        return {
            "class": class_,
            ALIAS: class__2,
            ALIAS_2: count,
            ALIAS_3: class__3,
        }
    except Exception as error:
        raise execution.locate(error)
