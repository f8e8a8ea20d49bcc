"""Builds ``frontend/dist`` anew from its source, whose types come from ``openapi.json``; ``python -m tests.frontend.build``."""

from tests.frontend import node

if __name__ == "__main__":
    node.install()
    node.write_types(node.FRONTEND / "core" / "api.ts")
    node.build(node.FRONTEND / "dist")
    for file in sorted((node.FRONTEND / "dist").iterdir()):
        print(f"{file.name}: {file.stat().st_size:,} bytes", flush=True)  # noqa: T201 - said to the person at the terminal
