"""What plausible text is put together from."""

from __future__ import annotations

__all__ = [
    "ADJECTIVES",
    "CITIES",
    "COUNTRIES",
    "FIRST_NAMES",
    "LAST_NAMES",
    "NOUNS",
    "SENTENCES",
    "STREETS",
]

FIRST_NAMES = (
    *("Ada", "Alan", "Amara", "Anna", "Ben", "Chen", "Clara", "David", "Elif", "Emma", "Grace"),
    *("Hugo", "Ines", "Ivan", "Jonas", "Kofi", "Lea", "Lucas", "Maria", "Mei", "Nadia", "Noor"),
    *("Olga", "Omar", "Paul", "Priya", "Rosa", "Sam", "Sofia", "Tariq", "Vera", "Yuki"),
)
LAST_NAMES = (
    *("Almeida", "Bauer", "Brown", "Diallo", "Dubois", "Fischer", "Garcia", "Haddad", "Hopper"),
    *("Ito", "Jensen", "Kaya", "Kim", "Kovacs", "Larsen", "Lopez", "Lovelace", "Meyer", "Moreau"),
    *("Novak", "Okafor", "Patel", "Popov", "Rossi", "Schmidt", "Silva", "Smith", "Tanaka"),
    *("Turing", "Walker", "Wang", "Yilmaz"),
)
ADJECTIVES = (
    *("Amber", "Bright", "Calm", "Clear", "Early", "Fine", "Golden", "Grand", "Green", "Little"),
    *("Modern", "Northern", "Open", "Quiet", "Rapid", "Silver", "Simple", "Solid", "Warm", "Wild"),
)
NOUNS = (
    *("Anchor", "Bridge", "Cedar", "Compass", "Field", "Garden", "Harbour", "Island", "Lantern"),
    *("Meadow", "Mill", "Orchard", "River", "Signal", "Stone", "Summit", "Tower", "Valley"),
    *("Willow", "Window"),
)
SENTENCES = (
    "It works as expected.",
    "More will be known next week.",
    "Please have a look when there is time.",
    "The first part is done, the second one is under way.",
    "This was asked for by several customers.",
    "Everything that matters is on one page.",
    "Nobody had thought of that before.",
    "It is small, and it holds.",
    "The details are still to be discussed.",
    "A short note, so that it is not forgotten.",
)
STREETS = (
    "Main Street",
    "Mill Lane",
    "Harbour Road",
    "Park Avenue",
    "Station Road",
    "Church Street",
)
CITIES = ("Amsterdam", "Berlin", "Chicago", "Lagos", "Lisbon", "London", "Osaka", "Oslo", "Toronto")
COUNTRIES = (
    *(("CA", "Canada"), ("DE", "Germany"), ("GB", "United Kingdom"), ("JP", "Japan")),
    *(("NG", "Nigeria"), ("NL", "Netherlands"), ("NO", "Norway"), ("PT", "Portugal")),
    ("US", "United States"),
)
