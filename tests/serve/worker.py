"""One worker of an application: a directory and a way in, "up" out once its lifespan let it serve; waits for a line."""

from __future__ import annotations

import asyncio
import sys

from fastapi import FastAPI

from reconciler.fastapi import Reconcile


async def _serve(directory: str, way: str) -> None:
    app = FastAPI(lifespan=Reconcile(directory).lifespan(on_mismatch=way))
    print("ready", flush=True)
    sys.stdin.readline()
    async with app.router.lifespan_context(app):
        print("up", flush=True)


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], sys.argv[2]))
