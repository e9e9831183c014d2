"""What requirements files say, and how one is told what is wrong with them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from pinwise.formats.entries import LocalPath, fill_variables
from pinwise.formats.requirements import is_own_lock, parse_requirements, with_formats
from pinwise.formats.requirements_lines import requirements_lines
from pinwise.model.errors import ManifestError, UsageError
from pinwise.model.facts import Metadata
from pinwise.model.names import normalise
from pinwise.model.request import FormatControl, Index, LocalProject, Manifest, Place, Prereleases

DIGEST = "sha256:" + "0123456789abcdef" * 4
NOTHING = Metadata(None, (), frozenset())


class Files:
    """Files in memory: the text of each by its path."""

    def __init__(self, texts: dict[str, str]) -> None:
        self.texts = texts

    def read(self, path: str, place: Place) -> str:
        """Return the text of a file as the reader of a folder does."""
        if path not in self.texts:
            raise ManifestError(f"`{path}` does not exist", file=place.file, line=place.line)
        return self.texts[path]


def local(path: LocalPath) -> LocalProject:
    """Return a project that is named after the last part of its path."""
    name = path.path.rstrip("/").rpartition("/")[2].partition("-")[0].strip(".") or "root"
    return LocalProject(normalise(name), Version("1"), path.path, path.is_editable, NOTHING)


def parsed(text: str, **others: str) -> Manifest:
    """Return the manifest `app/requirements.in`; `base` stands for the file `app/base.txt`."""
    files = Files({f"app/{name}.txt": content for name, content in others.items()})
    return parse_requirements(text, "app/requirements.in", read=files.read, local=local)


def attempt(text: str, **others: str) -> Manifest | ManifestError:
    """Return the manifest or the error that the text gives."""
    try:
        return parsed(text, **others)
    except ManifestError as error:
        return error


def refused(text: str, **others: str) -> ManifestError:
    """Return the error that the text gives."""
    with pytest.raises(ManifestError) as caught:
        parsed(text, **others)
    return caught.value


def required(manifest: Manifest) -> list[str]:
    """Return the requirements as the user would write them."""
    return [str(one) for one in manifest.groups[0].requirements]


def test_lines_are_read_as_pip_reads_them() -> None:
    """Comments, blank lines, continuations and odd line ends are pip's; the first line of a run counts."""
    text = (
        "\ufeff# a comment -r nothing\r\n"
        "\r\n"
        "flask >= 2 # the web\r"
        "celery[redis] \\\n"
        "  ~=5.4 \\\n"
        "  ; python_version < '4'\n"
        "kombu \\\n"
        "# a comment ends a continuation\n"
        "tomli \\"
    )
    lines = list(requirements_lines(text, "f"))
    assert [(line.place.line, line.requirement) for line in lines] == [
        (3, "flask >= 2"),
        (4, "celery[redis]   ~=5.4   ; python_version < '4'"),
        (7, "kombu"),
        (9, "tomli"),
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("flask", "flask"),
        ("Flask==3.*", "Flask==3.*"),
        ("flask (>=2,<3)", "flask<3,>=2"),
        ("flask[async, dotenv]>=2; os_name == 'nt'", 'flask[async,dotenv]>=2; os_name == "nt"'),
        ("flask===2.0-custom", "flask===2.0-custom"),
        ("./libs/shop", "./libs/shop"),
        ("-e ./libs/shop", "./libs/shop"),
        ("--editable=libs/shop", "libs/shop"),
        ("-elibs/shop", "libs/shop"),
        ("shop @ file:libs/shop", "libs/shop"),
        ("shop @ file:///srv/shop", "/srv/shop"),
        ("shop@./libs/shop", "./libs/shop"),
        ("file:///srv/shop%20x/shop", "/srv/shop x/shop"),
        ("dist/shop-1.0-py3-none-any.whl", "dist/shop-1.0-py3-none-any.whl"),
        ("shop-1.0.tar.gz", "shop-1.0.tar.gz"),
        (".", "."),
    ],
)
def test_requirements_and_paths(line: str, expected: str) -> None:
    """Every form of a requirement that needs no network is read."""
    assert required(parsed(line)) == [expected]


def test_a_path_may_have_extras_and_a_marker() -> None:
    """Extras and marker after a path belong to the requirement."""
    (requirement,) = parsed("./shop[web,Async_IO] ; python_version < '4'").groups[0].requirements
    assert str(requirement.requirement) == 'shop[async-io,web]; python_version < "4"'
    assert requirement.extras == ("async-io", "web")


def test_hashes_restrict_the_files() -> None:
    """Digests after a requirement are kept; those that no index gives are ignored with a warning."""
    text = f"flask==3 --hash={DIGEST} \\\n --hash {DIGEST.replace('0', 'A')} --hash=sha512:00\n"
    manifest = parsed(text)
    (requirement,) = manifest.groups[0].requirements
    assert requirement.hashes == {DIGEST, DIGEST.replace("0", "a")}
    assert manifest.warnings == ("app/requirements.in:1: digests other than SHA-256 are ignored.",)


def test_included_files_are_relative_to_the_file_that_includes_them() -> None:
    """`-r` and `-c` are relative to the including file; each is read once per kind."""
    manifest = parse_requirements(
        "-r sub/a.txt\n--requirement=sub/a.txt\nflask\n",
        "app/requirements.in",
        read=Files(
            {
                "app/sub/a.txt": "-c ../c.txt\ncelery\n",
                "app/c.txt": "kombu<5\n-r sub/d.txt\n",
                "app/sub/d.txt": "vine<5\n",
            }
        ).read,
    )
    assert required(manifest) == ["celery", "flask"]
    assert [str(one) for one in manifest.constraints] == ["kombu<5", "vine<5"]
    assert [str(one.place) for one in manifest.constraints] == ["app/c.txt:1", "app/sub/d.txt:1"]
    assert manifest.files == ("app/requirements.in", "app/sub/a.txt", "app/c.txt", "app/sub/d.txt")
    assert manifest.warnings == (
        "app/c.txt:2: what a constraint file includes by `-r` is read as constraints.",
    )


def test_index_order_is_extra_indexes_then_the_index() -> None:
    """Links come first, then the extra indexes in their order, then the last index URL."""
    manifest = parsed(
        "-i https://first.example/simple\n"
        "--extra-index-url https://b.example/simple/ --extra-index-url=https://a.example/simple\n"
        "--index-url https://u:p@index.example/simple/\n"
        "-f ./wheels\n--find-links https://links.example/page.html\n"
        "--trusted-host b.example --trusted-host index.example:443\n"
    )
    assert manifest.indexes == (
        Index("app/wheels", is_flat=True),
        Index("https://links.example/page.html", is_flat=True),
        Index("https://b.example/simple", verify_ssl=False),
        Index("https://a.example/simple"),
        Index("https://index.example/simple"),
    )
    assert manifest.indexes[-1].secret == "https://u:p@index.example/simple"
    assert manifest.replaces_default_index


def test_a_trusted_host_counts_with_and_without_its_port() -> None:
    """A host is trusted on every port; a host with a port on that one only."""
    manifest = parsed(
        "--trusted-host a.example --trusted-host b.example:81\n"
        "--extra-index-url https://a.example:80/s --extra-index-url https://b.example:81/s\n"
        "--extra-index-url https://b.example/s\n"
    )
    assert [index.verify_ssl for index in manifest.indexes] == [False, False, True]


@pytest.mark.parametrize(
    ("text", "urls", "replaces"),
    [
        ("flask", [], False),
        ("--extra-index-url https://a.example/s", ["https://a.example/s"], False),
        ("-f ./w", ["app/w"], False),
        ("--no-index -f ./w -i https://a.example/s", ["app/w"], True),
        ("-i https://a.example/s", ["https://a.example/s"], True),
    ],
)
def test_only_an_index_url_replaces_the_default(text: str, urls: list[str], replaces: bool) -> None:  # noqa: FBT001
    """Extra indexes and links add to the default index; an index URL or `--no-index` replaces it."""
    manifest = parsed(text)
    assert ([index.url for index in manifest.indexes], manifest.replaces_default_index) == (urls, replaces)


def test_release_options_are_read() -> None:
    """`--pre` allows all pre-releases, `--all-releases` those of a project, `--only-final` takes it back."""
    assert parsed("--pre").prereleases.all
    manifest = parsed("--all-releases A,b --only-final b")
    assert manifest.prereleases == Prereleases(names=frozenset({normalise("a")}))
    assert not parsed("--all-releases :all:\n--only-final :all:").prereleases.all


@pytest.mark.parametrize(
    ("options", "no_binary", "only_binary"),
    [
        ("--no-binary A,b --only-binary=c", {"a", "b"}, {"c"}),
        ("--no-binary a --only-binary a", set(), {"a"}),
        ("--no-binary :all: --only-binary a", {":all:"}, {"a"}),
        ("--only-binary a --no-binary :all:", {":all:"}, set()),
        ("--no-binary a --no-binary :none:", set(), set()),
        ("--no-binary :all:,:none:,b", {"b"}, set()),
    ],
)
def test_format_options_follow_pips_rules(options: str, no_binary: set[str], only_binary: set[str]) -> None:
    """Later options win, and a project stands in one of the two lists at most."""
    assert parsed(options).formats == FormatControl(frozenset(no_binary), frozenset(only_binary))


def test_a_bad_name_in_a_format_option_is_a_usage_error() -> None:
    """The command line shares the rule, so that the error names no file there."""
    with pytest.raises(UsageError):
        with_formats(FormatControl(), no_binary="a b")


def test_options_that_change_nothing_are_ignored_with_a_warning() -> None:
    """What pip needs for installing only is passed over, and said."""
    manifest = parsed("--require-hashes\n--prefer-binary\n--use-feature=x\nflask --config-settings=a=b\n")
    assert [warning.partition(": ")[2].split("`")[1] for warning in manifest.warnings] == [
        "--require-hashes",
        "--prefer-binary",
        "--use-feature",
        "--config-settings",
    ]


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ("flask==", "`flask==` is not a valid requirement", "flask>=3"),
        ("flask; os_nam == 'x'", "is not a valid requirement", None),
        ("flask >= 3 <4", "not a valid requirement", None),
        ("_flask", "is not a valid requirement", None),
        ("flask @ https://x.example/f.whl", "is a remote URL", "by path"),
        ("https://x.example/f.whl", "is a remote URL", "by path"),
        ("git+ssh://git@x.example/f", "is a remote URL", "by path"),
        ("-e git+https://x.example/f#egg=f", "is a remote URL", "by path"),
        ("-r https://x.example/r.txt", "is a remote file", "download it"),
        ("-c https://x.example/c.txt", "is a remote file", "download it"),
        ("-r missing.txt", "`app/missing.txt` does not exist", None),
        ("-r requirements.in", "files include each other", None),
        ("--indx-url https://x.example", "`--indx-url` is not an option", "`--index-url`"),
        ("-x", "`-x` is not an option", None),
        ("--pre=yes", "`--pre=yes` is not an option", None),
        ("--index-url", "`--index-url` needs a value", None),
        ("--index-url=", "`--index-url` needs a value", None),
        ("-i ftp://x.example", "is not the URL of an index", "https://"),
        ("-i https://[x", "is not the URL of an index", "https://"),
        ("-i https://x.example/${USER}", "environment variables", "PINWISE_INDEX_URL"),
        ("${NAME}==1", "environment variables", None),
        ("flask --pre", "`--pre` cannot stand on the line of a requirement", "of its own"),
        (f"--hash={DIGEST}", "`--hash` stands without a requirement", None),
        ("flask --hash=md5:00", "is not a SHA-256 digest", "sha256:"),
        ("flask --hash=sha512:00", "is not a SHA-256 digest", "sha256:"),
        ("-e 'x", "a quotation mark is not closed", None),
        ("--no-binary a/b", "is not a list of project names", None),
        ("shop @ file://host/x", "is not the path of a project", "./folder"),
        ("other @ ./shop", "holds the project `shop`, not `other`", None),
        ("-c c.txt", "has extras", "`celery<6`"),
        ("-c d.txt", "is a local project", "requirements instead"),
        ("-r lock.txt", "is a lock that pinwise wrote", "`-c`"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(line: str, message: str, hint: str | None) -> None:
    """An error names the file, the line and the next step."""
    files = {"c": "\ncelery[redis]<6", "d": "\n./shop", "lock": "# Locked by pinwise 1\nflask==3\n"}
    error = refused(f"# first\n{line}\n", **files)
    included = {"-c c.txt": "app/c.txt", "-c d.txt": "app/d.txt"}
    assert (error.file, error.line) == (included.get(line, "app/requirements.in"), 2)
    assert message in error.message
    assert hint is None or hint in (error.hint or "")


def test_a_lock_of_ours_may_serve_as_constraints() -> None:
    """`-c` on a lock restricts; only as a manifest it is refused."""
    manifest = parsed("flask\n-c lock.txt\n", lock=f"# Locked by pinwise\nflask==3 --hash={DIGEST}\n")
    assert [str(one) for one in manifest.constraints] == ["flask==3"]
    assert is_own_lock("\ufeff# Locked by pinwise, do not edit\n")
    assert not is_own_lock("flask  # Locked by pinwise\n")


def test_a_circle_of_files_is_told_as_it_runs() -> None:
    """The error for files that include each other names them in order."""
    error = refused("-r a.txt\n", a="-r b.txt\n", b="\n-r a.txt\n")
    assert str(error) == (
        "app/b.txt:2: files include each other: `app/a.txt` includes `app/b.txt` includes `app/a.txt`"
    )


def test_a_long_chain_of_files_is_refused() -> None:
    """Files may not include each other without end."""
    with pytest.raises(ManifestError, match="too many files"):
        parse_requirements("-r 1.txt", "0.txt", read=lambda path, _: f"-r {int(path[:-4]) + 1}.txt")


def test_credentials_stay_out_of_messages() -> None:
    """A URL with a password is shown without it."""
    assert "hunter2" not in str(refused("git+https://user:hunter2@x.example/f"))
    assert "hunter2" not in str(refused("-i ftp://user:hunter2@x.example/f"))


@pytest.mark.parametrize(
    "text",
    [
        "a" * 300_000,
        "a==" + "1" * 5000,
        "a; " + "(" * 5000,
        "a; os_name == '\\x'",
        "a; python_version ~= 'x'",
        "a; 'x' in extras",
        "a; '5' ~= platform_release",
        "a; os_name == 'nt' and '5' ~= platform_version",
        " " * 200_000 + "=",
        "-r a.txt\n" * 3 + "--x",
        "a\x00",
    ],
    ids=lambda text: text[:20],
)
def test_hostile_text_is_refused(text: str) -> None:
    """What breaks a limit gives an error, never a traceback or a hang."""
    refused(text, a="b\n")


WORDS = st.sampled_from(
    [
        *(
            "flask",
            "a==1",
            "a[b]",
            ";",
            "os_name",
            "==",
            "'nt'",
            "#",
            "\\\n",
            "\n",
            " ",
            "@",
            "file:",
            "./x",
            "../",
            "$",
            "${A}",
        ),
        *(
            "-r",
            "-c",
            "-e",
            "-i",
            "-f",
            "--no-index",
            "--pre",
            "--hash=sha256:",
            "--no-binary",
            ":all:",
            "--only-binary=",
        ),
        *(
            "a.txt",
            "b.txt",
            "requirements.in",
            "https://x.example/s",
            "git+https://y",
            "'",
            '"',
            "[",
            "]",
            "--trusted-host",
            "x",
        ),
    ]
)
TEXTS = st.one_of(
    st.text(), st.lists(WORDS, max_size=12).map(" ".join), st.lists(WORDS, max_size=12).map("".join)
)


@given(TEXTS, TEXTS)
def test_any_text_gives_a_manifest_or_an_error(text: str, included: str) -> None:
    """Reading requirements never raises anything but a `ManifestError`."""
    outcome = attempt(text, a=included, b="celery\n")
    if isinstance(outcome, Manifest):
        assert outcome.kind == "requirements"
        assert all(str(one) for one in outcome.groups[0].requirements)
    else:
        assert str(outcome).isprintable()


def test_variables_of_credentials_are_filled_in_later() -> None:
    """A URL keeps its variables as written, apart from the URL that is stored; values are encoded for it."""
    manifest = parse_requirements(
        "-i https://${USER}:${WORD}@x.example/s\n", "r.txt", read=lambda path, _: pytest.fail(path)
    )
    (index,) = manifest.indexes
    assert index.url == "https://x.example/s"
    assert index.secret == "https://${USER}:${WORD}@x.example/s"  # no password
    filled = fill_variables(index, {"USER": "m@/e", "WORD": "a%20b c:#?"})
    assert filled.secret == "https://m%40%2Fe:a%20b%20c:%23%3F@x.example/s"  # as above
    with pytest.raises(ManifestError, match="needs the variable `WORD`, which is not set") as caught:
        fill_variables(index, {"USER": "me", "WORD": ""})
    assert caught.value.hint
