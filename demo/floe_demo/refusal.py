"""Why a command of the demo ends otherwise than it should; the messages are for whoever asked."""


class RefusedError(Exception):
    """What was asked for cannot be done."""


class FailedError(Exception):
    """What was done did not go well."""
