"""Work on several processors, answers in the order of the work, with no more answers waiting than a few."""

import gc
import multiprocessing
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import suppress
from itertools import chain, islice
from typing import TypeVar

Work = TypeVar("Work")
Answer = TypeVar("Answer")


def in_order(
    work: Iterable[Work], do: Callable[[Work], Answer], jobs: int, modules: Sequence[str] = ()
) -> Iterator[tuple[Work, Answer]]:
    """Do the work in ``jobs`` processes; the answers come in the order of the work, whoever was first.

    :param work: small and picklable; read as far ahead as the processes need.
    :param do: a function that can be pickled, or with one job any.
    :param modules: what a new process has to load for it.
    :raises concurrent.futures.process.BrokenProcessPool: a process was killed.
    """
    pieces = iter(work)
    # Each process has one piece in hand and two in store: it never waits for the reader of the answers.
    first = list(islice(pieces, 3 * jobs))
    jobs = min(jobs, len(first))
    if jobs < 2:
        for piece in chain(first, pieces):
            yield piece, do(piece)
        return
    waiting: deque[tuple[Work, Future[Answer]]] = deque()
    # Ctrl-C is the business of whoever reads the answers.
    context = multiprocessing.get_context(start_method())
    if context.get_start_method() == "forkserver":
        context.set_forkserver_preload([__name__, *modules])
    gc.freeze()  # a copy that looks for garbage among what was there before it would make that its own, page by page
    pool = ProcessPoolExecutor(jobs, context, signal.signal, (signal.SIGINT, signal.SIG_IGN))
    try:
        waiting.extend((piece, pool.submit(do, piece)) for piece in first)
        while waiting:
            piece, answer = waiting.popleft()
            found = answer.result()
            for following in islice(pieces, 1):
                waiting.append((following, pool.submit(do, following)))
            yield piece, found
    finally:
        pool.shutdown(cancel_futures=True)
        gc.unfreeze()


def start_method() -> str:
    """How processes are started: copied where that is sound, else made new.

    A copy starts at once, and with everything loaded; that takes a new process a second. It is sound where no thread
    can hold a lock while the copy is made: where there is no other thread, which Linux tells for certain.
    """
    if sys.platform == "linux":
        with suppress(OSError):
            if len(os.listdir("/proc/self/task")) == 1:
                return "fork"
    return "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
