"""The HTTP server of the web process."""

import uvicorn

from api.app import create_app
from surveys.logs import configure_logs
from surveys.settings import Settings

KEEP_ALIVE_SECONDS = 75


def serve(settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT; our own log has the one line a request, so uvicorn's is off."""
    configure_logs(settings.etterklang_log_level)
    uvicorn.run(
        create_app(settings),
        host=settings.etterklang_host,
        port=settings.etterklang_port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=10,
    )
