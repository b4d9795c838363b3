"""One Redis as all rooms use it: the client, the Lua scripts, and writes that count only when replicas have them.

When a master fails, its successor has what was copied to it, and no more. Replication keeps the order of
writes, so a replica that confirms one has all that came before it as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import resources
from typing import Any

import redis
from redis.client import Pipeline
from redis.commands.core import Script

#: A replica that is alive confirms within milliseconds; one that is away is not waited for any longer.
ACKNOWLEDGED_WITHIN_S = 2.0


class NotReplicated(redis.RedisError):
    """Fewer replicas than wanted have confirmed a write: it may be lost with the master, or not."""


class Database:
    """Takes a client that decodes responses, and how many replicas have to confirm a write. Safe to use from many threads.

    Without replicas a write counts when the master has it.
    """

    def __init__(self, client: redis.Redis, *, replicas: int = 0) -> None:
        self.redis = client
        self._replicas = replicas

    def script(self, package: str, *names: str) -> Script:
        """The package's `lua/NAME.lua`, ready to be called; of several, what the last one needs stands before it."""
        folder = resources.files(package) / "lua"
        text = "\n".join((folder / f"{name}.lua").read_text() for name in names)
        return self.redis.register_script(text)

    def run(self, script: Script, *, keys: Sequence[str] = (), args: Sequence[Any] = ()) -> Any:
        """Run a script whose writes have to be confirmed; raises NotReplicated."""
        if not self._replicas:
            return script(keys=keys, args=args)
        return self.write(lambda pipe: script(keys=keys, args=args, client=pipe))[0]

    def write(self, fill: Callable[[Pipeline], object]) -> list[Any]:
        """Send all commands that `fill` puts into the pipeline, and have them confirmed; raises NotReplicated, or the first error."""
        # WAIT speaks of the writes of its own connection, and a pipeline has one connection for all of it.
        with self.redis.pipeline(transaction=False) as pipe:
            fill(pipe)
            if self._replicas:
                pipe.wait(self._replicas, int(ACKNOWLEDGED_WITHIN_S * 1000))
            # The pipeline would put the command into the error, and with it whatever secret it carries.
            replies = pipe.execute(raise_on_error=False)
        for reply in replies:
            if isinstance(reply, Exception):
                raise reply
        if self._replicas:
            confirmed = replies.pop()
            if confirmed < self._replicas:
                # A master without replicas may be one that has been replaced: Sentinel has to be asked anew.
                self.redis.connection_pool.disconnect(inuse_connections=False)
                raise NotReplicated(
                    f"{confirmed} of {self._replicas} replicas have confirmed within {ACKNOWLEDGED_WITHIN_S:g} s"
                )
        return replies
