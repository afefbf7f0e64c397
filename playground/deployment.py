"""What template.yaml deploys, on this machine: the functions between their routes, queues, streams and schedules.

It refuses shortcuts: requests arrive as API Gateway's events, and functions reach each other through the queue, each
in a process of its own with only the environment that the template gives it.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

from playground import gateway
from playground.functions import Function, FunctionError, to_terminal
from playground.lifetimes import Entered
from playground.mapping import EventSourceMapping
from playground.provision import Provisioned
from playground.schedule import MINUTE, Schedule
from playground.schedule import event as scheduled
from playground.stream import StreamMapping


class Deployment(Entered):
    """Starts on entering, stops on leaving; `deliver` is how a request from outside reaches it.

    `minute` is how many seconds pass between what the template wants each minute.
    """

    def __init__(
        self, provisioned: Provisioned, log: Callable[[str], None] = to_terminal, minute: float = MINUTE
    ) -> None:
        self._provisioned = provisioned
        self._log = log
        self._minute = minute
        self._routes: dict[tuple[str, str], Function] = {}
        self._functions: dict[str, Function] = {}

    def _start(self, stack: ExitStack) -> None:
        for spec in self._provisioned.functions:
            function = stack.enter_context(Function(spec, log=self._log))
            self._functions[spec.logical_id] = function
            self._routes.update(dict.fromkeys(spec.routes, function))
            if spec.queue_url is not None:
                mapping = EventSourceMapping.for_function(spec, function.invoke)
                stack.callback(mapping.start().stop)
            if spec.stream_arn is not None:
                stack.callback(StreamMapping(spec, function.invoke).start().stop)
            for expression in spec.schedules:
                stack.callback(Schedule(expression, spec, function.invoke, self._minute).start().stop)

    @property
    def routes(self) -> frozenset[tuple[str, str]]:
        """The method and path of each route of the HTTP API."""
        return frozenset(self._routes)

    def invoke(self, logical_id: str, event: Mapping[str, Any]) -> Any:
        """What a function returns to whom invokes it directly. Raises FunctionError, after logging it."""
        try:
            return self._functions[logical_id].invoke(event)
        except FunctionError as error:
            self._log(f"{logical_id}: {error}")
            raise

    def run_rates(self) -> None:
        """What the template calls every so many minutes, now as well. Raises FunctionError."""
        for spec in self._provisioned.functions:
            if any(expression.startswith("rate(") for expression in spec.schedules):
                self.invoke(spec.logical_id, scheduled(spec.environment["AWS_REGION"], time.time()))

    def deliver(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        """What API Gateway answers to a request: 404 where nothing has that route, 500 where the function failed.

        `path` may carry a query string.
        """
        function = self._routes.get((method, path.partition("?")[0]))
        if function is None:
            return gateway.not_found()
        try:
            event = gateway.http_api_event(method, path, headers, body)
            return gateway.http_response(self.invoke(function.spec.logical_id, event))
        except FunctionError:
            return gateway.internal_error()
