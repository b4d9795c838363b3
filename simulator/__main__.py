"""Command line of the simulator: `python -m simulator`."""

import argparse
import asyncio
import json
import sys
from pathlib import Path

from simulator.api.describe import describe
from simulator.control.patching import PatchError
from simulator.world import little_world
from simulator.world.platform import DEFAULT_SCAN_S, DEFAULT_TOKEN_TTL_S
from simulator.world.secret_book import SecretBook
from simulator.world.world import World

try:
    from simulator.http.server import run
except ModuleNotFoundError as error:
    if error.name != "aiohttp":
        raise
    sys.stderr.write("The simulator needs aiohttp, which the extra 'demo' installs: pip install '.[demo]'\n")
    raise SystemExit(2) from None


def main(argv: list[str] | None = None) -> int:
    """Run the simulator, or describe its world."""
    parser = _parser()
    args = parser.parse_args(argv)
    secrets = SecretBook()
    try:
        world = _make_world(args, secrets)
    except (OSError, ValueError, PatchError) as exc:
        parser.error(str(exc))
    if args.describe:
        sys.stdout.write(describe(world, host=args.host, port=args.port))
        return 0
    try:
        asyncio.run(_serve(args, secrets))
    except OSError as exc:
        sys.stderr.write(f"simulator: {exc}\n")
        return 1
    return 0


async def _serve(args: argparse.Namespace, secrets: SecretBook) -> None:
    await run(
        lambda: _make_world(args, secrets),
        host=args.host,
        port=args.port,
        die_with_parent=args.die_with_parent,
        announce=lambda port: _announce(args.host, port),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulator", description="A WeChat to run against.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: any free one (default)")
    parser.add_argument("--world", type=Path, help="JSON file: {platform: {...}, miniprograms: [...]}")
    parser.add_argument("--empty", action="store_true", help="start without pool, templates, Mini Programs")
    parser.add_argument("--latency-ms", type=float, default=0.0, help="how long each WeChat call takes")
    parser.add_argument("--scan-s", type=float, default=DEFAULT_SCAN_S, help="length of the privacy scan")
    parser.add_argument(
        "--audit-s", type=float, help="seconds after which an audit passes (default: when you say so)"
    )
    parser.add_argument("--token-ttl-s", type=float, default=DEFAULT_TOKEN_TTL_S)
    parser.add_argument(
        "--strict-encoding", action="store_true", help="refuse bodies that write Chinese as \\uXXXX (47002)"
    )
    parser.add_argument(
        "--big-audit-ids", action="store_true", help="audit ids over 2**53, which a float can't hold"
    )
    parser.add_argument(
        "--push-to", default="", help="the platform's receiver, such as http://127.0.0.1:8081"
    )
    parser.add_argument("--push-token", default=little_world.PUSH_TOKEN)
    parser.add_argument("--push-key", default=little_world.PUSH_KEY, help="the EncodingAESKey")
    parser.add_argument("--push-every-s", type=float, default=600.0, help="seconds between two tickets")
    parser.add_argument("--die-with-parent", action="store_true", help="end when the parent process ends")
    parser.add_argument("--describe", action="store_true", help="print what a worker needs, and end")
    return parser


def _make_world(args: argparse.Namespace, secrets: SecretBook) -> World:
    world = little_world.empty(secrets) if args.empty or args.world else little_world.little(secrets)
    world.patch_platform(
        {
            "latency_ms": args.latency_ms,
            "scan_s": args.scan_s,
            "audit_plan": [] if args.audit_s is None else [{"after_s": args.audit_s}],
            "token_ttl_s": args.token_ttl_s,
            "strict_encoding": args.strict_encoding,
            "big_auditids": args.big_audit_ids,
            "push_to": args.push_to,
            "push_token": args.push_token,
            "push_key": args.push_key,
            "push_every_s": args.push_every_s,
        }
    )
    if args.world is not None:
        document = json.loads(args.world.read_text(encoding="utf-8"))
        world.patch_platform(document.get("platform", {}))
        for wanted in document.get("miniprograms", []):
            world.put_miniprogram(wanted)
    return world


def _announce(host: str, port: int) -> None:
    sys.stdout.write(f"simulator listening on http://{host}:{port}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
