"""One line for each thing that holds or does not, and the exit status of a run."""

import signal
import sys

failures: list[str] = []


def ok(text: str) -> None:
    print(f"ok      {text}", flush=True)


def check(passed: bool, text: str) -> bool:
    """Prints the outcome, and goes on: `finish` tells of all that failed."""
    if passed:
        ok(text)
    else:
        failures.append(text)
        print(f"FAILED  {text}", flush=True)
    return passed


def finish() -> None:
    """Exit 1 where a check failed."""
    print(f"{len(failures)} failed" if failures else "passed")
    sys.exit(bool(failures))


def limit(seconds: int) -> None:
    """Ends the run with a stack trace when it takes longer; what it started ends with it."""

    def late(*_):
        raise TimeoutError(f"the run takes longer than {seconds} s")

    signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
