"""A small OpenID provider of the ID-porten kind, for development: this machine and synthetic people only."""

from api.demo.provider.app import create_provider, serve
from api.demo.provider.config import Client, DemoProviderError, Person, ProviderConfig

__all__ = ["Client", "DemoProviderError", "Person", "ProviderConfig", "create_provider", "serve"]
