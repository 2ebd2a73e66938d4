"""What `gh api` says of the comments of a pull request, and does to them, without GitHub."""

import argparse
import json
import os
import sys
from pathlib import Path

import jq  # type: ignore[import-not-found]

folder = Path(os.environ["GH_STUB"])
assert os.environ["GH_TOKEN"] == "token"
with (folder / "asked.jsonl").open("a") as log:
    log.write(json.dumps(sys.argv[1:]) + "\n")
parser = argparse.ArgumentParser()
parser.add_argument("command", choices=["api"])
parser.add_argument("path")
for flag in ("--paginate", "--silent"):
    parser.add_argument(flag, action="store_true")
for option in ("--method", "--jq", "--field"):
    parser.add_argument(option)
asked = parser.parse_args()
comments = json.loads((folder / "comments.json").read_text())
method = asked.method or ("POST" if asked.field else "GET")
if method == "GET":
    assert asked.path == "repos/acme/platform/issues/7/comments"
    for found in jq.compile(asked.jq).input_value(comments):
        sys.stdout.write(f"{found}\n")
    sys.exit()
key, _, file = asked.field.partition("=@")
assert key == "body"
body = Path(file).read_text()
assert len(body) <= 65536
if method == "POST":
    assert asked.path == "repos/acme/platform/issues/7/comments"
    login = {"login": "github-actions[bot]"}
    comments.append({"id": 100 + len(comments), "user": login, "body": body})
else:
    assert method == "PATCH"
    prefix, _, number = asked.path.rpartition("/")
    assert prefix == "repos/acme/platform/issues/comments"
    (found,) = [it for it in comments if it["id"] == int(number)]
    found["body"] = body
(folder / "comments.json").write_text(json.dumps(comments))
