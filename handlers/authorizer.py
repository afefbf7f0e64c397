"""REST API TOKEN authorizer: a Cognito access token becomes a policy and the facts about its bearer.

It refuses every other token with exactly `Unauthorized`, which API Gateway answers as 401. What a person may do is not
decided here but by the gate, for each operation.
"""

from typing import Any

from bot import wiring
from bot.denials import AccountDisabledError
from bot.errors import ChatOpsError
from bot.rest import InvalidRequestError, allow, bearer_token
from bot.token_claims import InvalidTokenError


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Takes `{type, authorizationToken, methodArn}`; where nothing can be checked, raises something else: 500."""
    try:
        return allow(wiring.authorizer().bearers.bearer(bearer_token(event)), event.get("methodArn"))
    except (InvalidRequestError, InvalidTokenError, AccountDisabledError) as error:
        wiring.logger().warning("token refused", extra={"reason": error.reason})
    except ChatOpsError as error:
        wiring.logger().error("authorizer closed", extra=wiring.failure(error))
        raise Exception("Unavailable") from None
    except Exception as error:  # the last line of defence: nothing of the token may reach the log
        wiring.logger().error("authorizer failed", extra=wiring.failure(error))
    raise Exception("Unauthorized")
