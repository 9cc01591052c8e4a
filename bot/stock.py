"""Stock Rasa, the peer of the benchmarks: its default configuration on our data.

`python -m bot.stock train FOLDER` trains Rasa's default pipeline and policies on this
project's `kb/`, `data/` and `domain.yml`; `python -m bot.stock serve FOLDER PORT ACTIONS`
serves that model over Rasa's own REST channel, nothing repaired, nothing left out.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Dict, List, Optional, Text

import yaml

from bot.runtime import prepare

MODEL_NAME = "stock"


def default_config() -> Dict[Text, Any]:
    """Return the configuration that Rasa uses where a project gives none."""
    import rasa.engine.recipes as recipes

    path = Path(recipes.__file__).parent / "config_files" / "default_config.yml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def importers(table: Optional[Path]) -> List[Dict[Text, Text]]:
    """Return the importer of this project's data, or that of a CSV file."""
    if table is None:
        kb = str(Path("kb").resolve())
        return [{"name": "bot.knowledge_base.KnowledgeBaseImporter", "kb": kb}]
    return [{"name": "bot.csv_importer.CsvImporter", "table": str(table)}]


def train(folder: Path) -> None:
    """Train the whole of stock Rasa into `folder`."""
    from rasa.model_training import train as rasa_train

    config = {**default_config(), "assistant_id": "stock", "importers": importers(None)}
    path = folder / "config.yml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    result = rasa_train(
        domain="domain.yml",
        config=str(path),
        training_files=["data"],
        output=str(folder),
        fixed_model_name=MODEL_NAME,
    )
    raise SystemExit(result.code)


def serve(folder: Path, port: int, actions: Text) -> None:
    """Serve the model as `rasa run` does."""
    from rasa.core.run import serve_application
    from rasa.core.utils import AvailableEndpoints

    (folder / "credentials.yml").write_text("rest:\n", encoding="utf-8")
    (folder / "endpoints.yml").write_text(
        yaml.safe_dump({"action_endpoint": {"url": actions}}), encoding="utf-8"
    )
    serve_application(
        model_path=str(folder / f"{MODEL_NAME}.tar.gz"),
        port=port,
        interface="127.0.0.1",
        credentials=str(folder / "credentials.yml"),
        endpoints=AvailableEndpoints.read_endpoints(str(folder / "endpoints.yml")),
        enable_api=False,
    )


def main() -> None:
    """Train or serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    modes = parser.add_subparsers(dest="mode", required=True)
    training = modes.add_parser("train")
    training.add_argument("folder", type=Path)
    serving = modes.add_parser("serve")
    serving.add_argument("folder", type=Path)
    serving.add_argument("port", type=int)
    serving.add_argument("actions")
    chosen = parser.parse_args()
    prepare(with_tensorflow=True)
    if chosen.mode == "train":
        train(chosen.folder)
    else:
        serve(chosen.folder, chosen.port, chosen.actions)


if __name__ == "__main__":
    main()
