from dataclasses import dataclass


@dataclass
class Animal:
    name: str
    kind: str
