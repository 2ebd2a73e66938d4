"""Calling a library that blocks, without waiting for it when time is up."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

_T = TypeVar("_T")


async def in_thread(work: Callable[[], _T]) -> _T:
    """Answer what a function does, from a thread that nobody waits for if this is cancelled."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[_T] = loop.create_future()

    def run() -> None:
        with suppress(RuntimeError):  # the loop may be closed by then
            try:
                found = work()
            except Exception as failure:  # noqa: BLE001  for whoever awaits it
                loop.call_soon_threadsafe(_tell, done, done.set_exception, failure)
            else:
                loop.call_soon_threadsafe(_tell, done, done.set_result, found)

    threading.Thread(target=run, daemon=True).start()
    return await done


def _tell(done: asyncio.Future[_T], tell: Callable[..., None], what: object) -> None:
    if not done.done():  # it is when it was cancelled
        tell(what)
