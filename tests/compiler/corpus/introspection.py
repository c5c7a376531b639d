"""A query, compiled by Trunkline from sha256:5b48d667ba9bd3a4cf48e94ea7fd0ecbc8958a0c5f569af2e77e698e88abee75."""


def OPERATION(execution):
    """Query"""
    try:
        try:
            __type = resolve_query___type(None, info, name=CONSTANT)
            __type = complete_query___type(execution, __type)
        except Exception as error:
            execution.fail(error)
            __type = None
        return {
            "__typename": "Query",
            "__type": __type,
        }
    except Exception as error:
        raise execution.locate(error)


def complete_query___type(execution, value):
    """Query.__type: __Type"""
    try:
        if value is None:
            return None
        value = check___Type(value)
        try:
            name = resolve___type_name(value, info)
            if name is not None and name.__class__ is not str:
                name = complete_String_or_null(name)
        except Exception as error:
            execution.fail(error)
            name = None
        kind = resolve___type_kind(value, info)
        if type(kind) is not __TypeKind:
            kind = complete___TypeKind(kind)
        else:
            kind = kind._name_
        try:
            fields = resolve___type_fields(
                value,
                info,
                **build_arguments(execution.variables),
            )
            fields = complete___type_fields(execution, fields)
        except Exception as error:
            execution.fail(error)
            fields = None
        return {
            "name": name,
            "kind": kind,
            "fields": fields,
        }
    except Exception as error:
        raise execution.locate(error)


def complete___type_fields(execution, values):
    """__Type.fields: [__Field!]"""
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
            value = check___Field(value)
            name = resolve___field_name(value, info)
            if name.__class__ is not str:
                name = complete_String(name)
            result.append(
                {
                    "name": name,
                }
            )
        return result
    except Exception as error:
        raise execution.locate(error, len(result))
