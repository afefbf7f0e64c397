"""Which function the template's user pool calls before it makes tokens.

It refuses another version of the trigger's event than the one that may change access tokens.
"""

from playground.template import Template, TemplateError

USER_POOL = "AWS::Cognito::UserPool"


def pre_token_function(template: Template) -> str | None:
    """The logical id, or None where the pool has no such trigger. Raises TemplateError."""
    found = [
        template.resolve(pool.properties["LambdaConfig"], template.without_stack())
        for pool in template.resources(USER_POOL).values()
        if "LambdaConfig" in pool.properties
    ]
    if not found:
        return None
    (config,) = found
    wanted = config.get("PreTokenGenerationConfig")
    if wanted is None and "PreTokenGeneration" in config:
        raise TemplateError("PreTokenGeneration alone is the V1_0 trigger, which cannot change access tokens")
    if wanted is None:
        return None
    if wanted.get("LambdaVersion") != "V2_0":
        raise TemplateError(f"No way to call a {wanted.get('LambdaVersion')} trigger")
    return str(wanted["LambdaArn"])
