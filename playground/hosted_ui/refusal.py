"""What the hosted UI refuses, by who may hear of it.

A refusal that could lead a browser to an address nobody registered is shown on the page alone.
"""


class PageRefusedError(Exception):
    """The request cannot be trusted enough to send anybody back: the words stay on the page."""


class RedirectRefusedError(Exception):
    """An OAuth error that goes back to the client's registered address."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description


class TokenRefusedError(Exception):
    """An OAuth error in the body of a token answer; the client learns the word and nothing more."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


class SignInRefusedError(Exception):
    """The sign-in form is shown again with these words."""
