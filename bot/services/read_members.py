"""botocore's models without the members of an answer that nobody here reads: they are the larger part of parsing it.

It leaves requests and every other service as they are.
"""

from typing import Any

from botocore.loaders import Loader

MEMBERS = {
    "Reservation": {"Instances"},
    "Instance": {
        "ImageId",
        "InstanceId",
        "InstanceType",
        "LaunchTime",
        "Monitoring",
        "Placement",
        "PrivateIpAddress",
        "PublicIpAddress",
        "SecurityGroups",
        "State",
        "Tags",
    },
}


class ReadMembersLoader(Loader):
    """To be registered as a session's `data_loader`."""

    def load_service_model(self, service_name: str, type_name: str, api_version: str | None = None) -> Any:
        model: Any = super().load_service_model(service_name, type_name, api_version=api_version)
        if (service_name, type_name) != ("ec2", "service-2"):
            return model
        shapes = model["shapes"]
        trimmed = {
            name: {**shapes[name], "members": {key: shapes[name]["members"][key] for key in sorted(members)}}
            for name, members in MEMBERS.items()
        }
        return {**model, "shapes": {**shapes, **trimmed}}
