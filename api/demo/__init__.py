"""The demonstration: synthetic people, a development identity provider, and one command that runs it all.

Left out of the production wheel, and refuses to start in production mode.
"""
