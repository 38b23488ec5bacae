"""The other side of `remote.py`: times callables, one at a time, when asked.

It runs as a script, in a process that loads nothing else of normzoo. Each line
of stdin is a request, `[verb, arguments]` in JSON, and each is answered by one
line of stdout:

- `["make", {"file", "function", "arguments"}]` calls a function that returns
  name -> callable, and is answered by `{"names": [...]}`;
- `["call", {"name"}]` calls one of them and is answered by `{"seconds": ...}`.

An error is answered by `{"error": TRACEBACK}`, and is the end.
"""

import json
import os
import runpy
import signal
import sys
import time
import traceback


def serve(requests, replies):
    """Answers requests until there are no more or one fails."""
    callables = {}

    def make(file, function, arguments):
        callables.update(runpy.run_path(file)[function](**arguments))
        return {"names": list(callables)}

    def call(name):
        start = time.perf_counter()
        callables[name]()
        return {"seconds": time.perf_counter() - start}

    answers = {"make": make, "call": call}
    for line in requests:
        verb, arguments = json.loads(line)
        try:
            reply = answers[verb](**arguments)
        except Exception:
            reply = {"error": traceback.format_exc()}
        print(json.dumps(reply), file=replies, flush=True)
        if "error" in reply:
            return


def main():
    """Serves stdin until the process that asks closes it."""
    # Ctrl-C goes to both processes; the other one closes the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    # What a library prints must not get among the replies.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(sys.stdin, replies)


if __name__ == "__main__":
    main()
