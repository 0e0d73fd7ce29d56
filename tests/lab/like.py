#!/usr/bin/env python3
"""Compares an answer of a stand-in with the recorded one: HTTP status, keys and types, the words of an error. usage: like.py RECORDED ID STATUS <ANSWER"""
import json
import sys

# The recordings' hosts and disks, as they are called here.
NAMES = (("node1", "pi-a"), ("node2", "pi-b"), ("node3", "pi-c"), ("h1-", "pi-a-"), ("h2-", "pi-b-"), ("h3-", "pi-c-"))


def kind(value):
    return "number" if type(value) in (int, float) else type(value).__name__


def differences(recorded, seen, where):
    """One line for each place where the shape of what is seen is not that of what was recorded."""
    if kind(recorded) != kind(seen):
        return [f"{where} is {kind(seen)}, recorded {kind(recorded)}"]
    if isinstance(recorded, dict):
        lines = [f"{where} lacks {key}" for key in recorded.keys() - seen.keys()] + [f"{where} has {key}" for key in seen.keys() - recorded.keys()]
        return lines + [line for key in recorded.keys() & seen.keys() for line in differences(recorded[key], seen[key], f"{where}.{key}")]
    if isinstance(recorded, list) and recorded:
        # elements may be of several shapes: each has to be like one that was recorded
        return [line for at, one in enumerate(seen) for line in min((differences(r, one, f"{where}[{at}]") for r in recorded), key=len)]
    return []


def main():
    path, wanted, status = sys.argv[1:]
    with open(path, encoding="utf-8") as recordings:
        recorded = next((r for r in map(json.loads, recordings) if r["id"] == wanted), None)
    if recorded is None:
        sys.exit(f"{wanted}: no such recording")
    seen = json.load(sys.stdin)
    lines = [] if int(status) == recorded["status"] else [f"HTTP {status}, recorded {recorded['status']}"]
    lines += differences(recorded["body"], seen, "answer")
    for key in ("type", "status", "status_code", "error_code", "error"):
        expected = recorded["body"][key]
        for theirs, ours in NAMES if key == "error" else ():
            expected = expected.replace(theirs, ours)
        if seen.get(key) != expected:
            lines.append(f"{key} is {seen.get(key)!r}, recorded {expected!r}")
    for line in lines:
        print(f"{wanted}: {line}")
    sys.exit(bool(lines))


main()
