"""`pinwise convert`: a lock or a manifest in another format."""

from typing import Any

import click

from pinwise.cli.options import config_file_option, format_option, setting_options


@click.command("convert", short_help="Write a lock or manifest in another format; list what is lost.")
@click.argument("source")
@click.argument("target")
@click.option("--from", "source_format", metavar="FORMAT", help="The format of SOURCE, named as its file is.")
@click.option("--to", "target_format", metavar="FORMAT", help="The format of TARGET, named as its file is.")
@click.option("--force", is_flag=True, help="Replace TARGET if it is there.")
@click.option("--dry-run", is_flag=True, help="Say what would be lost and write nothing.")
@format_option("text", "json")
@setting_options("index_url", "offline", "kb")
@config_file_option
def convert_command(source: str, target: str, **options: Any) -> int:
    """Write a lock or a manifest in another format, and list what that format cannot say.

    SOURCE and TARGET are files; TARGET may be `-`, which stands for stdout and needs `--to`. Manifests are
    Pipfile, requirements.in and pyproject.toml, with all its extras and groups. Locks are pylock.toml,
    Pipfile.lock, requirements.txt and, as SOURCE only, uv.lock and poetry.lock.
    """
    from pinwise.cli.converting import run  # noqa: PLC0415  # `--help` need not pay for it

    return run(source, target, options)
