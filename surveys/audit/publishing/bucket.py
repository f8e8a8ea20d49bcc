"""An S3-compatible bucket: signed PUTs by boto3, which is the optional extra ``aws``."""

import asyncio
from typing import Any

from surveys.audit.publishing.destination import LATEST, Publication, PublicationError

SECONDS = 10


class Bucket:
    """``prefix`` is empty or ends with a slash. Credentials and region are those that boto3 finds.

    A bucket with object lock keeps what was put from being replaced by anybody.
    """

    def __init__(self, bucket: str, prefix: str, endpoint: str) -> None:
        self.name = f"bucket {bucket}/{prefix}"
        self._bucket = bucket
        self._prefix = prefix
        self._endpoint = endpoint or None

    async def put(self, publication: Publication) -> None:
        """Put and confirmed when it returns.

        Raises:
            PublicationError: boto3 is missing, or the bucket does not take it.
        """
        await asyncio.to_thread(self._put, publication)

    def _put(self, publication: Publication) -> None:
        client, refusals = self._connected()
        files = publication.files() | {LATEST: publication.note.encode()}
        try:
            for name, content in files.items():
                client.put_object(Bucket=self._bucket, Key=self._prefix + name, Body=content)
        except refusals as error:
            raise PublicationError(f"it did not take a file: {type(error).__name__}") from error
        finally:
            client.close()

    def _connected(self) -> tuple[Any, tuple[type[Exception], ...]]:
        try:
            import boto3  # noqa: PLC0415 - optional, and slow to import
            from botocore.config import Config  # noqa: PLC0415
            from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415
        except ImportError as error:
            raise PublicationError("buckets need boto3: install etterklang[aws]") from error
        patience = Config(connect_timeout=SECONDS, read_timeout=SECONDS, retries={"total_max_attempts": 1})
        try:
            client = boto3.client("s3", endpoint_url=self._endpoint, config=patience)
        except (BotoCoreError, ValueError) as error:
            raise PublicationError(f"its settings do not fit: {type(error).__name__}") from error
        return client, (BotoCoreError, ClientError)
