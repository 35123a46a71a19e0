"""A program of hydra's kind, as NeMo's training script is one: prints the composed configuration and trains nothing.

PACKAGES is the folder of hydra-core and OmegaConf; what follows is hydra's command line. Each leaf is printed as JSON with
its Python type, since JSON alone does not tell 1 from 1.0.
"""
import json
import sys

sys.path.insert(0, sys.argv.pop(1))
import hydra  # noqa: E402
from omegaconf import OmegaConf  # noqa: E402

sys.argv += ["hydra.run.dir=.", "hydra.output_subdir=null", "hydra/job_logging=disabled", "hydra/hydra_logging=disabled"]


def leaves(tree, path=""):
    if isinstance(tree, dict):
        return {k: v for name, part in tree.items() for k, v in leaves(part, f"{path}.{name}" if path else name).items()}
    return {path: [type(tree).__name__, tree]}


@hydra.main(version_base=None, config_path="conf", config_name="gpt_sft")
def main(config):
    print(json.dumps(leaves(OmegaConf.to_container(config, resolve=True))))


main()
