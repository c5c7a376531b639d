class Context:
    def __init__(self, role: str) -> None:
        self.role = role
