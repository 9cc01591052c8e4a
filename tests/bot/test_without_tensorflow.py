"""Rasa without TensorFlow, each time in a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 60


def python(code: str) -> str:
    """Run code in a fresh process and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": "/tmp"},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_rasa_loads_and_no_real_tensorflow_with_it() -> None:
    printed = python(
        "from bot.runtime import prepare; prepare()\n"
        "import sys, rasa.core.agent, rasa.model_training\n"
        "import rasa.nlu.classifiers.diet_classifier\n"
        "real = [n for n, m in sys.modules.items() if n.split('.')[0] in\n"
        "        ('tensorflow', 'keras') and getattr(m, '__file__', None)]\n"
        "print(real, type(sys.modules['tensorflow']).__name__)"
    )
    assert printed == "[] _StandInModule"


def test_a_component_that_needs_it_says_so_plainly() -> None:
    printed = python(
        "from bot.runtime import prepare; prepare()\n"
        "from bot.without_tensorflow import TensorFlowLeftOutError\n"
        "from rasa.utils.tensorflow.models import RasaModel\n"
        "try: RasaModel(name='x')\n"
        "except TensorFlowLeftOutError as error: print(error)"
    )
    assert printed == (
        "RasaModel needs TensorFlow, which this process leaves out. "
        "Take the component out of config.yml."
    )


def test_leaving_it_out_twice_is_harmless() -> None:
    printed = python(
        "from bot.without_tensorflow import leave_out, _Finder\n"
        "leave_out(); leave_out()\n"
        "import sys; print(sum(isinstance(f, _Finder) for f in sys.meta_path))"
    )
    assert printed == "1"


def test_leaving_it_out_too_late_is_refused() -> None:
    printed = python(
        "import sys, types; sys.modules['tensorflow'] = types.ModuleType('tensorflow')\n"
        "from bot.without_tensorflow import leave_out\n"
        "try: leave_out()\n"
        "except RuntimeError as error: print(error)"
    )
    assert printed == "leave_out() comes too late: TensorFlow is imported."


@pytest.mark.parametrize(
    "code",
    [
        "import tensorflow as tf; tf.keras.layers.Layer",
        "from tensorflow.keras import backend as K; K.epsilon",
        "import tensorflow as tf; tf.function(lambda: 1)",
        "import tensorflow as tf; class_ = type('L', (tf.keras.layers.Layer,), {})",
        "from typing import Optional; import tensorflow as tf; Optional[tf.Tensor]",
        "import tensorflow_addons as tfa; tfa.optimizers",
        "import tensorflow_hub, tensorflow_text, keras",
    ],
)
def test_what_rasa_does_with_it_at_import_still_works(code: str) -> None:
    from bot.without_tensorflow import leave_out

    leave_out()
    exec(code, {})  # our own lines above


def test_other_modules_are_found_as_ever() -> None:
    assert python("from bot.without_tensorflow import leave_out; leave_out()\n"
                  "import json, numpy; print(numpy.ones(1)[0])") == "1.0"  # fmt: skip


def test_what_is_asked_of_a_stand_in_twice_is_the_same_thing() -> None:
    import tensorflow as tf

    assert tf.keras.layers.Dense is tf.keras.layers.Dense
    with pytest.raises(AttributeError):
        _ = tf.__no_such_thing__
