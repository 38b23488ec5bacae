"""The error that is the user's to mend."""


class InputError(ValueError):
    """A config, a data set or a folder that cannot be worked with.

    The scripts print its message alone and exit with code 2; its text says
    what came, what is allowed and how to mend it.
    """
