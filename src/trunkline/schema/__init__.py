"""The schema: SDL in and out, and what each field is bound to.

It knows GraphQL's type system and the application's classes, but not operations or HTTP.

    load, saved, printing     SDL → schema, checked schemas in a file, schema → SDL
    executable                schema + resolvers + models → a schema that can be executed;
                              schemas that were written for graphql-core
    fields, models            what fields, input types and enums are bound to
    bindings                  the result, as data: a binding for each field
    signatures, names         does a function fit its field; names in Python
    scalars                   custom scalars
    directives                where directives stand; the definitions of Trunkline's own
    directive_functions       the functions of directives, and where they are put
    around                    calling these functions around a resolver
    caching, entities         how long responses may be reused, and by whom; what they are made of
    requirements, visibility  what callers need; what introspection shows to those without it
"""
