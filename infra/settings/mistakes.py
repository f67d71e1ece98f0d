"""An error for several mistakes in one value."""


class MistakesError(ValueError):
    """Holds a line for each mistake. Pydantic reports it as one error."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes
