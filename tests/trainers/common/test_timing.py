from normzoo.trainers.common import timing


def test_medians_of_callables_that_take_turns(monkeypatch):
    clock = [0.0]
    calls = []
    durations = {"a": iter([9, 9, 9, 9, 1, 9, 5, 9, 3]), "b": iter([2] * 9)}

    def work(name):
        calls.append(name)
        clock[0] += next(durations[name])

    monkeypatch.setattr(timing.time, "perf_counter", lambda: clock[0])
    seconds = timing.interleaved(
        {name: lambda name=name: work(name) for name in durations}, repeats=3
    )
    # Of "a", calls 5, 7 and 9 are timed.
    assert seconds == {"a": 3, "b": 2}
    assert "".join(calls) == "aaabbb" + "aabb" * 3
