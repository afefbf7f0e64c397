"""What `handlers.worker` is made of."""

import time
from functools import cached_property
from typing import TYPE_CHECKING

from bot.wiring.aws import AwsClients
from bot.wiring.ground import audit, bolt_logger, epoch, incidents, now
from bot.wiring.reboot_wiring import RebootWiring
from bot.wiring.slack_wiring import SlackWiring
from bot.worker_config import WorkerSettings

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from slack_bolt import App

    from bot.listeners.alerts import AlertListeners
    from bot.listeners.answering import Answering
    from bot.listeners.audit import AuditListeners
    from bot.listeners.audit_reports import AuditReports
    from bot.listeners.commands import CommandListeners
    from bot.listeners.instances import InstanceListeners
    from bot.listeners.jobs import JobRunner
    from bot.listeners.metrics import MetricListeners
    from bot.listeners.own_link import OwnLinkListeners
    from bot.listeners.reboots import RebootListeners
    from bot.services.alarms import Alarms
    from bot.services.audit import Audit
    from bot.services.audit_log import AuditLog
    from bot.services.audit_subjects import AuditSubjects
    from bot.services.bookmarks import Bookmarks
    from bot.services.channel_posts import ChannelPosts
    from bot.services.gate import Gate
    from bot.services.identity import Identity
    from bot.services.instances import Instances
    from bot.services.metrics import Metrics
    from bot.services.pictures import Pictures
    from bot.services.reboot_desk import RebootDesk


class WorkerWiring:
    """Built once a container, each service on first use."""

    def __init__(self, settings: WorkerSettings) -> None:
        self._settings = settings
        self._aws = AwsClients(settings.region, settings.endpoint_url)
        self._slack = SlackWiring(settings)

    @cached_property
    def jobs(self) -> "JobRunner":
        """Runs queued requests."""
        from bot.listeners.jobs import JobRunner
        from bot.services.claims import JobClaims

        claims = JobClaims(self._aws.get("dynamodb"), self._settings.state_table_name, epoch)
        return JobRunner(self._app, claims, self._slack.api, self._settings.jobs_max_receives, epoch)

    @cached_property
    def gate(self) -> "Gate":
        """The one way to operate."""
        from bot.services.gate import Gate

        return Gate(self._audit, self.identity)

    @cached_property
    def _audit(self) -> "Audit":
        return audit(self._aws, self._settings)

    @cached_property
    def _app(self) -> "App":
        from bot.listeners import app

        secret, client = self._slack.secret, self._slack.web_client
        return app.build(client, self.commands, self._listeners, lambda: secret.bot_token, bolt_logger())

    @cached_property
    def _listeners(
        self,
    ) -> """tuple[
        InstanceListeners, MetricListeners, RebootListeners, AlertListeners, AuditListeners, OwnLinkListeners
    ]""":
        return (
            self._instance_listeners,
            self._metric_listeners,
            self._reboot_listeners,
            self._alert_listeners,
            self._audit_listeners,
            self._own_link_listeners,
        )

    @cached_property
    def commands(self) -> "CommandListeners":
        """What `/ec2` runs."""
        from bot.listeners.commands import CommandListeners

        runners = {name: runner for listener in self._listeners for name, runner in listener.runners.items()}
        return CommandListeners(self.gate, self._answering, runners)

    @cached_property
    def _answering(self) -> "Answering":
        from bot.listeners.answering import Answering

        return Answering(self.identity, self._slack.api)

    @cached_property
    def _instance_listeners(self) -> "InstanceListeners":
        from bot.listeners.instances import InstanceListeners

        return InstanceListeners(self.gate, self._answering, self._instances, self._bookmarks, self._alarms, now)

    @cached_property
    def _audit_listeners(self) -> "AuditListeners":
        from bot.listeners.audit import AuditListeners

        log, subjects, reports = self._audit_log, self._audit_subjects, self._audit_reports
        return AuditListeners(self.gate, self._answering, log, subjects, self._bookmarks, reports, now)

    @cached_property
    def _audit_reports(self) -> "AuditReports":
        from bot.listeners.audit_reports import AuditReports
        from bot.services.direct_files import UPLOAD_SECONDS, DirectFiles
        from bot.services.sealed_rows import SealedRows
        from bot.services.seals import Seals
        from bot.services.verifier import Verifier

        settings = self._settings
        rows = SealedRows(self._aws.get("dynamodb"), settings.audit_table_name)
        seals = Seals(self._aws.get("s3"), settings.digest_bucket_name, self._aws.get("kms"), settings.digest_key_id)
        verifier = Verifier(rows, seals, now)
        files = DirectFiles(self._slack.web_client, self._slack.uploads(UPLOAD_SECONDS))
        return AuditReports(self.gate, self._audit_log, self._audit_subjects, verifier, files, now, time.monotonic)

    @cached_property
    def _audit_log(self) -> "AuditLog":
        from bot.services.audit_log import AuditLog

        settings = self._settings
        return AuditLog(self._aws.get("dynamodb"), settings.audit_table_name, settings.audit_retention_days, now)

    @cached_property
    def _audit_subjects(self) -> "AuditSubjects":
        from bot.services.audit_subjects import AuditSubjects

        settings = self._settings
        return AuditSubjects(
            self._aws.get("dynamodb"), settings.state_table_name, settings.slack_team_id, self._instances
        )

    @cached_property
    def _bookmarks(self) -> "Bookmarks":
        from bot.services.bookmarks import Bookmarks

        return Bookmarks(self._aws.get("dynamodb"), self._settings.state_table_name, epoch)

    @cached_property
    def _metric_listeners(self) -> "MetricListeners":
        from bot.listeners.metrics import MetricListeners

        posts, pictures = self._posts, self._pictures
        return MetricListeners(self.gate, self._answering, self._instances, self._metrics, posts, pictures)

    @cached_property
    def _reboot_listeners(self) -> "RebootListeners":
        from bot.listeners.reboots import RebootListeners

        looking, cards = self._instance_listeners, self.reboots.cards(self._posts, self._slack.api)
        return RebootListeners(self.gate, self._answering, self._instances, self.desk, cards, looking)

    @cached_property
    def desk(self) -> "RebootDesk":
        """Reboots, from a wish to the call."""
        settings = self._settings
        return self.reboots.desk(self.gate, self.identity, settings, self._alarms, settings.audit_table_name)

    @cached_property
    def reboots(self) -> RebootWiring:
        """What reboots are made of."""
        return RebootWiring(self._aws, self._audit, self._instances, self._settings.state_table_name)

    @cached_property
    def _alert_listeners(self) -> "AlertListeners":
        from bot.listeners.alerts import AlertListeners
        from bot.services.alarm_charts import AlarmCharts
        from bot.services.alert_desk import AlertDesk
        from bot.services.alert_requests import AlertRequests
        from bot.services.mute_rules import MuteRules

        settings = self._settings
        requests = AlertRequests(self._aws.get("sqs"), settings.alarms_queue_url)
        desk = AlertDesk(incidents(self._aws, settings), requests, MuteRules(self._cloudwatch), epoch)
        charts = AlarmCharts(self._cloudwatch, epoch)
        return AlertListeners(self.gate, self._answering, desk, charts, self._reboot_listeners)

    @cached_property
    def _posts(self) -> "ChannelPosts":
        from bot.services.post_limiter import PeoplesTurn, PostLimiter

        limiter = PostLimiter(self._aws.get("dynamodb"), self._settings.state_table_name, epoch)
        return self._slack.posts_in(PeoplesTurn(limiter, time.sleep).wait)

    @cached_property
    def _own_link_listeners(self) -> "OwnLinkListeners":
        from bot.listeners.own_link import OwnLinkListeners
        from bot.services.links import Links
        from bot.services.sign_ins import SignIns

        dynamodb, state_table = self._aws.get("dynamodb"), self._settings.state_table_name
        sign_ins, links = SignIns(dynamodb, state_table, epoch), Links(dynamodb, state_table, now)
        return OwnLinkListeners(self.gate, self.identity, sign_ins, links, self._settings.public_url)

    @cached_property
    def identity(self) -> "Identity":
        from bot.services.cognito_users import CognitoUsers
        from bot.services.identity import Identity
        from bot.services.slack_members import SlackMembers

        settings = self._settings
        dynamodb = self._aws.get("dynamodb")
        members = SlackMembers(self._slack.api, dynamodb, settings.state_table_name, settings.slack_team_id)
        return Identity(members, CognitoUsers(self._aws.get("cognito-idp"), settings.cognito_user_pool_id), epoch)

    @cached_property
    def _instances(self) -> "Instances":
        from bot.services.instances import Instances

        return Instances(lambda region: self._aws.get("ec2", region), self._settings.regions, time.monotonic)

    @cached_property
    def _alarms(self) -> "Alarms":
        from bot.services.alarms import Alarms

        return Alarms(self._cloudwatch)

    @cached_property
    def _metrics(self) -> "Metrics":
        from bot.services.metric_marks import MetricMarks
        from bot.services.metrics import Metrics

        marks = MetricMarks(self._cloudwatch, self._aws.get("dynamodb"), self._settings.audit_table_name, epoch)
        return Metrics(self._cloudwatch, marks, now, time.monotonic)

    @cached_property
    def _pictures(self) -> "Pictures":
        from bot.services.charts import Charts
        from bot.services.pictures import UPLOAD_SECONDS, Pictures

        uploads = self._slack.uploads(UPLOAD_SECONDS)
        return Pictures(self._slack.web_client, uploads, Charts(), time.monotonic, time.sleep)

    def _cloudwatch(self, region: str) -> "CloudWatchClient":
        client: CloudWatchClient = self._aws.get("cloudwatch", region)
        return client
