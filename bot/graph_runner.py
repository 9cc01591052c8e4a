"""Runs a loaded model's graph, one component after the other.

Rasa hands the graph to dask, which plans it anew for each of the three or four runs of a
turn and starts what may run side by side; here nothing may, and the plan never changes.
Training keeps dask. The order is found once for each set of targets.
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Text, Tuple

from rasa.core import processor
from rasa.engine.exceptions import GraphRunError
from rasa.engine.runner.dask import DaskGraphRunner


class OrderedGraphRunner(DaskGraphRunner):
    """Rasa's runner with the planning done once."""

    def run(
        self,
        inputs: Optional[Dict[Text, Any]] = None,
        targets: Optional[List[Text]] = None,
    ) -> Dict[Text, Any]:
        """Run what the targets need; see the base class.

        Raises:
            GraphRunError: an input has the name of a node.
        """
        # As dask has it, every result carries its node's name.
        done = {name: (name, value) for name, value in (inputs or {}).items()}
        if clashing := done.keys() & self._instantiated_nodes.keys():
            raise GraphRunError(f"Inputs are named like nodes: {sorted(clashing)}.")
        wanted = targets or self._graph_schema.target_names
        for name, needs in self._order(tuple(wanted)):
            # What nobody provides is passed as its name, which the node reports.
            arguments = [done.get(need, need) for need in needs]
            done[name] = self._instantiated_nodes[name](*arguments)
        return dict(done[name] for name in wanted)

    def _order(self, targets: Tuple[Text, ...]) -> List[Tuple[Text, List[Text]]]:
        orders: Dict[Any, List[Tuple[Text, List[Text]]]]
        orders = self.__dict__.setdefault("_orders", {})
        if targets not in orders:
            found: Dict[Text, List[Text]] = {}
            for target in targets:
                self._visit(target, found)
            orders[targets] = list(found.items())
        return orders[targets]

    def _visit(self, name: Text, found: Dict[Text, List[Text]]) -> None:
        node = self._graph_schema.nodes.get(name)
        if node is None or name in found:  # an input, or seen already
            return
        needs = list(node.needs.values())
        for need in needs:
            self._visit(need, found)
        found[name] = needs


def install() -> None:
    """Let models that are loaded from now on in this process run this way."""
    processor.DaskGraphRunner = OrderedGraphRunner  # type: ignore[misc]
