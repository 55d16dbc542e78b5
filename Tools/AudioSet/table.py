# SPDX-License-Identifier: Apache-2.0
"""Writes Sources/UniversalSeparation/AudioSet/AudioSetTable.swift.

    python3 Tools/AudioSet/table.py ontology.json class_labels_indices.csv

ontology.json (CC BY-SA 4.0) is https://github.com/audioset/ontology's; class_labels_indices.csv (CC BY 4.0) is
http://storage.googleapis.com/us_audioset/youtube_corpus/v1/csv/class_labels_indices.csv. Kept are the
names, the identifiers, who is below whom, and the classes' numbers; left out are descriptions, links
and examples. Needs nothing but Python.
"""

import csv
import json
import pathlib
import sys

HEAD = '''\
// SPDX-License-Identifier: CC-BY-SA-4.0
//
// Written by Tools/AudioSet/table.py from the AudioSet ontology (Google, CC BY-SA 4.0) and AudioSet's
// class labels (Google, CC BY 4.0); descriptions, links and examples are left out.

/// The entries of AudioSet's ontology, in its file's order, with the classes' numbers.
enum AudioSetTable {
  /// A line an entry: class number (or nothing), identifier, name, identifiers of its parents.
  static let lines = """
'''
FOOT = '''\
    """
}
'''


def main(ontology_path, labels_path):
    entries = json.loads(pathlib.Path(ontology_path).read_text())
    with open(labels_path, newline="") as file:
        labels = {row["mid"]: (row["index"], row["display_name"]) for row in csv.DictReader(file)}
    parents = {}
    for entry in entries:
        for child in entry["child_ids"]:
            parents.setdefault(child, []).append(entry["id"])
    assert len(entries) == 632 and len(labels) == 527
    lines = []
    for entry in entries:
        index, name = labels.pop(entry["id"], ("", entry["name"]))
        assert name == entry["name"] and "|" not in name
        lines.append(f"    {index}|{entry['id']}|{name}|{' '.join(parents.get(entry['id'], []))}\n")
    assert not labels
    root = pathlib.Path(__file__).resolve().parents[2]
    target = root / "Sources/UniversalSeparation/AudioSet/AudioSetTable.swift"
    target.write_text(HEAD + "".join(lines) + FOOT)


if __name__ == "__main__":
    main(*sys.argv[1:])
