"""What an import tells when it refuses something: a sentence with gaps, so that it can be said in any language. Pure."""

from __future__ import annotations


class Told(ValueError):
    """Something can't be taken; ``message`` says what was expected, ``values`` fill its gaps."""

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message)
        self.message, self.values = message, values

    def __str__(self) -> str:
        return self.message.format(**self.values)


def told(sentence: str) -> str:
    """Mark a sentence that is told later, so that it is found for translation."""
    return sentence
