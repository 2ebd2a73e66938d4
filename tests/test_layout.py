"""The repository never hides the library it is built on."""

from pathlib import Path

import constructs

ROOT = Path(__file__).parents[1]


def test_constructs_holds_one_package_and_is_none_itself() -> None:
    packages = [init.parent.name for init in (ROOT / "constructs").glob("*/__init__.py")]
    assert packages == ["floe_constructs"]
    assert not list((ROOT / "constructs").glob("*.py"))


def test_import_constructs_is_the_library() -> None:
    assert not Path(constructs.__file__).is_relative_to(ROOT / "constructs")


def test_construct_files_fit_on_a_few_screens() -> None:
    long = [
        path.name
        for path in (ROOT / "constructs").rglob("*.py")
        if "class " in path.read_text() and "(Construct)" in path.read_text()
        if len(path.read_text().splitlines()) > 200
    ]
    assert long == []
