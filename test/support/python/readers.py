"""Reads datasets with the libraries that others use; answers in JSON, one answer a question."""

import json
import sys


def hugging_face(folder, config=None):
    """All rows of each split, as datasets.load_dataset gives them."""
    import datasets

    datasets.disable_progress_bars()
    loaded = datasets.load_dataset(folder, config)
    return {split: rows.to_list() for split, rows in loaded.items()}


def hugging_face_types(folder, config=None):
    import datasets

    datasets.disable_progress_bars()
    return {split: repr(rows.features) for split, rows in datasets.load_dataset(folder, config).items()}


def hugging_face_files(*files):
    """Files without a card, as somebody reads them who has only the files."""
    import datasets

    datasets.disable_progress_bars()
    return datasets.load_dataset("json", data_files=list(files), split="train").num_rows


def arrow(file):
    """Rows, row groups and columns of a Parquet file."""
    import pyarrow.parquet as parquet

    opened = parquet.ParquetFile(file)
    return {
        "rows": opened.read().to_pylist(),
        "groups": opened.metadata.num_row_groups,
        "types": {field.name: str(field.type) for field in opened.schema_arrow},
    }


def croissant(file):
    """What mlcroissant has to say against a description, and the rows of its record sets."""
    import mlcroissant

    def plain(value):
        if isinstance(value, bytes):
            return value.decode()
        if isinstance(value, dict):
            return {str(key).split("/")[-1]: plain(item) for key, item in value.items()}
        if isinstance(value, list):
            return [plain(item) for item in value]
        return value.item() if hasattr(value, "item") else value

    opened = mlcroissant.Dataset(jsonld=file)
    issues = opened.metadata.issues
    return {
        "issues": sorted(issues.errors) + sorted(issues.warnings),
        "rows": {each.id: [plain(row) for row in opened.records(each.id)] for each in opened.metadata.record_sets},
    }


READERS = {each.__name__: each for each in (hugging_face, hugging_face_types, hugging_face_files, arrow, croissant)}


def answer(reader, *args):
    try:
        return {"ok": READERS[reader](*args)}
    except Exception as error:
        causes = []
        while error is not None:
            causes.append(f"{type(error).__name__}: {error}")
            error = error.__cause__ or error.__context__
        return {"failed": " <- ".join(causes)}


if __name__ == "__main__":
    answers = [answer(*question) for question in json.loads(sys.argv[1])]
    sys.stdout.write("\n" + json.dumps(answers, default=str) + "\n")
