"""The floor: asyncio sends the calls, so many Mini Programs at once, and does nothing else."""

import asyncio
import sys

import aiohttp

from benchmarks import work


async def main(at_once: int) -> None:
    """Read Mini Programs and release each."""
    shops: asyncio.Queue[str] = asyncio.Queue()
    connector = aiohttp.TCPConnector(limit=at_once)
    timeout = aiohttp.ClientTimeout(total=60)
    async with (
        aiohttp.ClientSession(connector=connector, headers=work.HEADERS, timeout=timeout) as session,
        asyncio.TaskGroup() as group,
    ):
        workers = [group.create_task(_work(session, shops)) for _ in range(at_once)]
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
        )
        async for line in reader:
            shops.put_nowait(line.decode())
        for worker in workers:
            worker.cancel()


async def _work(session: aiohttp.ClientSession, shops: asyncio.Queue[str]) -> None:
    while True:
        appid, token = (await shops.get()).split()
        for step in work.STEPS:
            async with session.post(
                work.url(step), params={"access_token": token}, data=work.body(step, appid)
            ) as answer:
                work.check(step, await answer.json(content_type=None))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
