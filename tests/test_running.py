"""Running a job: progress comes out, cancelling goes in, and the job has cleaned up before the caller goes on."""

import threading

import anyio
import pytest

from server import running
from server.calls import Call
from server.errors import Cancelled
from server.running import Progress, rising, run

pytestmark = pytest.mark.anyio
Told = list[tuple[float, float | None, str]]


async def test_the_result_of_the_job_comes_back() -> None:
    assert await run(lambda _: 42) == 42


async def test_a_failure_of_the_job_comes_out_as_it_is() -> None:
    def job(_: Call) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await run(job)


async def test_progress_rises_and_only_the_newest_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "INTERVAL", 0.01)
    heard: Told = []
    begun, counted, enough = threading.Event(), threading.Event(), threading.Event()

    async def listener(done: float, total: float | None, message: str) -> None:
        heard.append((done, total, message))
        (enough if begun.is_set() else begun).set()
        await anyio.to_thread.run_sync(counted.wait)

    def job(call: Call) -> None:
        call.progress(0, 1000, "0 of 1000 rows")
        assert begun.wait(60)
        for number in range(1000):
            call.progress(number, 1000, f"{number} of 1000 rows")
        counted.set()
        assert enough.wait(60)

    await run(job, listener)
    assert heard[:2] == [(0, 1000, "0 of 1000 rows"), (999, 1000, "999 of 1000 rows")]


def test_a_phase_that_counts_anew_does_not_turn_the_bar_back() -> None:
    assert rising(Progress(30, 60, "first"), 20, 0.4) == Progress(30, 60, "first")
    second = rising(Progress(5, 200, "second"), 60, 1.0)
    assert second.done > 60
    assert second.total == second.done
    third = rising(Progress(80, 100, "third"), 90, 0.5)
    assert third.total is not None
    assert third.done > 90
    assert third.done / third.total == pytest.approx(0.8)
    assert rising(Progress(130, 100, "beyond"), 90, 0.5) == Progress(130, 130, "beyond")
    assert rising(Progress(0, 10, "begin"), -1, 0) == Progress(0, 10, "begin")
    assert rising(Progress(4, None, "rows"), 9, 0.9).total is None


async def test_a_phase_that_counts_anew_moves_the_bar_by_what_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "INTERVAL", 0.01)
    heard: Told = []
    told = threading.Semaphore(0)

    async def listener(done: float, total: float | None, message: str) -> None:
        heard.append((done, total, message))
        told.release()

    def job(call: Call) -> None:
        for done, total in ((1000, None), (0, 400), (100, 400), (300, 400)):
            call.progress(done, total, "rows")
            assert told.acquire(timeout=60)

    await run(job, listener)
    assert [(done, total) for done, total, _ in heard[:1]] == [(1000, None)]
    assert [round(done) for done, _, _ in heard] == [1000, 1000, 1100, 1300]
    assert [round(total or 0) for _, total, _ in heard[1:]] == [1400, 1400, 1400]


async def test_a_job_that_is_silent_is_said_to_go_on_with_a_rising_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "INTERVAL", 0.01)
    monkeypatch.setattr(running, "SILENCE", 0.02)
    heard: Told = []
    enough = threading.Event()

    async def listener(done: float, total: float | None, message: str) -> None:
        heard.append((done, total, message))
        if len(heard) == 3:
            enough.set()

    def job(call: Call) -> None:
        call.progress(5, 10, "sorting")
        assert enough.wait(60)

    await run(job, listener)
    values = [done for done, _, _ in heard]
    assert values == sorted(set(values))
    assert heard[0][2] == "sorting"
    assert all(message.startswith("sorting (for ") for _, _, message in heard[1:])


async def test_a_job_that_never_says_anything_is_said_to_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "INTERVAL", 0.01)
    monkeypatch.setattr(running, "SILENCE", 0.02)
    enough = threading.Event()

    async def listener(done: float, total: float | None, message: str) -> None:
        assert (done, total) == (0, None)
        assert message.startswith("working")
        enough.set()

    await run(lambda _: enough.wait(60), listener)
    assert enough.is_set()


def test_progress_comes_at_most_twice_a_second_and_at_least_every_five() -> None:
    assert running.INTERVAL >= 0.5
    assert running.SILENCE + running.INTERVAL < 5


async def test_cancelling_stops_what_the_job_registered_and_waits_until_it_has_cleaned_up() -> None:
    started, stopped = threading.Event(), threading.Event()
    cleaned: list[bool] = []

    def job(call: Call) -> None:
        try:
            with call.cancelling(stopped.set):
                started.set()
                assert stopped.wait(60)
                call.check()
        finally:
            cleaned.append(True)

    with anyio.fail_after(60):
        async with anyio.create_task_group() as group:
            group.start_soon(run, job)
            await anyio.to_thread.run_sync(started.wait, 60)
            group.cancel_scope.cancel()
    assert cleaned == [True]


def test_a_call_that_was_cancelled_starts_nothing_more() -> None:
    call = Call()
    call.cancel()
    with pytest.raises(Cancelled):
        call.progress(1, 2, "more")
    with pytest.raises(Cancelled), call.cancelling(lambda: None):
        pass


def test_what_a_cancel_did_not_stop_is_stopped_again() -> None:
    call = Call()
    asked = 0
    ended = threading.Event()

    def stop() -> None:
        nonlocal asked
        asked += 1
        if asked == 3:
            ended.set()

    with call.cancelling(stop):
        call.cancel()
        assert ended.wait(60)
    assert call.cancelled
