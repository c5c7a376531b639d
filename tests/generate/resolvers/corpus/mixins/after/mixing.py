from todo.models import Todo


class Single:
    async def todo(self, *, todo_id: str) -> Todo | None:
        return None


class Lists(Single):
    async def todos(self) -> list[Todo]:
        return []


def count(self: object) -> int:
    return 0


def least(self: object, number: int) -> int:
    return number
