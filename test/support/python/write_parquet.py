"""Writes Parquet files as others do. Usage: write_parquet.py FOLDER; prints the rows of each file as JSON lines would have them."""

import json
import sys

import pyarrow as pa
import pyarrow.parquet as pq
from datasets import Dataset

folder = sys.argv[1]
rows = [
    {
        "id": index,
        "messages": [
            {"role": "user", "content": f"question {index} \u2014 h\u00e9llo"},
            {"role": "assistant", "content": None if index % 7 == 3 else f"answer {index} \U0001f600"},
        ],
        "conversation": None if index % 3 else [{"role": "user", "content": "x", "toxic": False}],
        "prompt": None,
        "tags": [] if index % 2 else ["a", None, "b"],
        "scores": [[1, 2], [], None] if index % 5 else None,
        "helpfulness": index / 4,
        "big": 2**60 + index,
        "flag": index % 2 == 0,
    }
    for index in range(5000)
]
schema = pa.schema(
    [
        ("id", pa.int64()),
        ("messages", pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))),
        (
            "conversation",
            pa.list_(pa.struct([("role", pa.string()), ("content", pa.string()), ("toxic", pa.bool_())])),
        ),
        ("prompt", pa.string()),
        ("tags", pa.large_list(pa.large_string())),
        ("scores", pa.list_(pa.list_(pa.int32()))),
        ("helpfulness", pa.float64()),
        ("big", pa.int64()),
        ("flag", pa.bool_()),
    ]
)
table = pa.Table.from_pylist(rows, schema=schema)
files = []
for compression in ["none", "snappy", "gzip", "zstd", "brotli", "lz4"]:
    name = f"{compression}.parquet"
    pq.write_table(table, f"{folder}/{name}", compression=compression, row_group_size=1000)
    files.append(name)
pq.write_table(table, f"{folder}/pages.parquet", data_page_version="2.0", use_dictionary=False, compression="zstd")
Dataset(table).to_parquet(f"{folder}/datasets.parquet")
files += ["pages.parquet", "datasets.parquet"]
print(json.dumps({"files": files, "rows": rows}))
