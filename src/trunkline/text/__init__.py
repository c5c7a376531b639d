"""The one writer of Python source. Knows Python, nothing of GraphQL.

- `names`: how names are made, and what happens where two would be one
- `imports`: types, the objects that they refer to, and the import statements
- `module`: a module with classes, functions and constants, and where its lines are broken
- `source`: lines, indentation, marks
- `literals`: values and descriptions as source
- `loading`: emitted text as a module of the running process
"""
