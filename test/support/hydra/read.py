"""Reads texts as the trainers' libraries do and prints what they are: PACKAGES, then JSON on standard input.

{"omegaconf": FILE} and {"yaml": FILE}: the code points of every value of a file; {"overrides": [TEXT]}: the value of each
hydra override, or null with the error's name.
"""
import json
import sys

sys.path.insert(0, sys.argv[1])
import yaml  # noqa: E402
from hydra.core.override_parser.overrides_parser import OverridesParser  # noqa: E402
from omegaconf import OmegaConf  # noqa: E402

asked = json.load(sys.stdin)


def points(values):
    return [[ord(character) for character in value] for value in values]


def override(parser, text):
    try:
        parsed = parser.parse_override(text)
        if parsed.is_sweep_override():
            return [None, "a sweep, which a job does not take"]
        value = parsed.value()
        return [str(value) if type(value).__name__ == "QuotedString" else value, None]
    except Exception as error:
        return [None, type(error).__name__]


answer = {}
if "omegaconf" in asked:
    config = OmegaConf.load(asked["omegaconf"])
    answer["omegaconf"] = points(OmegaConf.to_container(config, resolve=True).values())
if "yaml" in asked:
    with open(asked["yaml"], encoding="utf-8") as file:
        answer["yaml"] = points(yaml.safe_load(file).values())
if "overrides" in asked:
    parser = OverridesParser.create()
    answer["overrides"] = [override(parser, text) for text in asked["overrides"]]
print(json.dumps(answer))
