"""The audit held against its digests: whatever is done to rows or digests afterwards has a name."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.audit_rows import timestamp
from bot.digests import Digest, Leaf, Sealed, hour_of, leaf_of, newest_due, root_of, start_of
from bot.errors import AuditUnavailableError
from bot.services.notary import Notary
from bot.services.sealed_rows import SealedRows
from bot.services.seals import Seals
from bot.services.verifier import Verifier
from bot.tampering import Finding, Kind
from playground.aws import LocalAws
from tests.audit_tables import NOON, audit_table, connect, empty, fill, item
from tests.faults import answers, aws_fails

ROWS, TAMPERED = 100_000, 1_000
BUCKET = "digests-of-a-test"
Items = dict[tuple[str, str], dict[str, Any]]


@dataclass
class Rows:
    """A table in memory: what digests and verification cost and find does not depend on how rows are read."""

    items: Items = field(default_factory=dict)
    hidden: set[tuple[str, str]] = field(default_factory=set)

    def of_hours(self, first: str, last: str) -> Iterator[dict[str, Any]]:
        for key, row in self.items.items():
            if first <= key[1][:13] <= last and row.get("day", {}).get("S") == key[1][:10]:
                yield row

    def all(self, first: str, last: str) -> Iterator[dict[str, Any]]:
        for key, row in self.items.items():
            if first <= key[1][:13] <= last:
                yield row

    def one(self, user_id: str, at: str) -> dict[str, Any] | None:
        return self.items.get((user_id, at))

    def put(self, *rows: dict[str, Any]) -> None:
        self.items.update({(row["userId"]["S"], row["timestamp"]["S"]): row for row in rows})


class Late(Seals):
    """Does not know yet of the newest digest: another run has just stored it."""

    def hours(self) -> Iterator[str]:
        return iter(list(super().hours())[:-1])


@dataclass
class Desk:
    """A notary, a verifier and a clock over the same rows and digests."""

    rows: Any
    seals: Seals
    now: datetime = NOON

    def seal(self) -> int:
        return Notary(self.rows, self.seals, lambda: self.now).seal()

    def verify(self, first: datetime = NOON - timedelta(days=40), *, everywhere: bool = True) -> Any:
        return Verifier(self.rows, self.seals, lambda: self.now).verify(hour_of(first), everywhere=everywhere)

    def kinds(self, **asked: Any) -> list[str]:
        return [found.kind.value for found in self.verify(**asked).findings]


class _Emptied:
    """S3 without a day's objects from the last test: each has a bucket of its own."""

    count = 0


@pytest.fixture
def seals(aws: LocalAws) -> Seals:
    _Emptied.count += 1
    bucket = f"{BUCKET}-{_Emptied.count}"
    s3, kms = connect(aws, "s3"), connect(aws, "kms")
    s3.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 400}}
    s3.put_object_lock_configuration(
        Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
    )
    key = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    return Seals(s3, bucket, kms, key)


@pytest.fixture
def desk(seals: Seals) -> Desk:
    """Six sealed hours with a row each three minutes, and the hours after them that are not sealed."""
    desk = Desk(Rows(), seals, NOON - timedelta(hours=6))
    desk.seal()
    desk.rows.put(*(item(number, NOON - timedelta(minutes=3 * number)) for number in range(140)))
    desk.now = NOON
    assert desk.seal() == 6
    return desk


def some_row(desk: Desk) -> dict[str, Any]:
    return next(row for row in desk.rows.items.values() if row["timestamp"]["S"].startswith("2026-11-22T08"))


def key_of(row: dict[str, Any]) -> tuple[str, str]:
    return row["userId"]["S"], row["timestamp"]["S"]


def overwrite(desk: Desk, hour: str, content: bytes) -> None:
    """What somebody with rights on the bucket can do: Object Lock keeps the old version, and lets a new one come."""
    desk.seals._s3.put_object(Bucket=desk.seals._bucket, Key=f"digests/{hour}.json", Body=content)


def test_clean_rows_verify_clean_and_empty_hours_have_digests_too(desk: Desk) -> None:
    report = desk.verify()
    assert report.findings == ()
    assert (report.began, report.last) == ("2026-11-22T04", "2026-11-22T10")
    assert report.hours == 7
    assert report.rows == sum(key[1] < "2026-11-22T11" for key in desk.rows.items)
    assert desk.verify(everywhere=False).findings == ()


def test_an_hour_is_sealed_only_when_nobody_writes_into_it_any_more() -> None:
    assert newest_due(NOON) == "2026-11-22T10"
    assert newest_due(NOON + timedelta(minutes=8)) == "2026-11-22T10"
    assert newest_due(NOON + timedelta(minutes=9)) == "2026-11-22T11"


def test_sealing_again_seals_nothing_and_two_at_once_make_one_chain(desk: Desk) -> None:
    assert desk.seal() == 0
    desk.now += timedelta(hours=2)
    seals = desk.seals
    late = Late(seals._s3, seals._bucket, seals._kms, seals._key_id)
    assert Desk(desk.rows, late, desk.now).seal() == 0, "who does not see the newest digest writes over none"
    assert desk.seal() == 2
    assert desk.kinds() == []


def test_D7_an_edited_row_is_named_and_where_it_is(desk: Desk) -> None:
    row = some_row(desk)
    row["outcome"] = {"S": "failed!"}
    (found,) = desk.verify().findings
    assert (found.kind, found.user_id, found.timestamp) == (Kind.EDITED, *key_of(row))


def test_D7_a_row_edited_in_depth_or_by_type_is_named(desk: Desk) -> None:
    some_row(desk)["details"] = {"M": {"n": {"S": some_row(desk)["details"]["M"]["n"]["N"]}}}
    assert desk.kinds() == ["edited"]


def test_D7_a_deleted_row_is_named(desk: Desk) -> None:
    key = key_of(some_row(desk))
    del desk.rows.items[key]
    (found,) = desk.verify().findings
    assert (found.kind, found.user_id, found.timestamp) == (Kind.DELETED, *key)


def test_D7_a_row_inserted_into_a_sealed_hour_is_named(desk: Desk) -> None:
    forged = item(999, NOON - timedelta(hours=3, seconds=7))
    desk.rows.put(forged)
    (found,) = desk.verify().findings
    assert (found.kind, found.timestamp) == (Kind.INSERTED, forged["timestamp"]["S"])


def test_D7_a_row_moved_to_another_time_is_named_as_back_dated(desk: Desk) -> None:
    row = some_row(desk)
    del desk.rows.items[key_of(row)]
    moved = {**row, "timestamp": {"S": timestamp(NOON - timedelta(hours=5, seconds=7))}}
    desk.rows.put(moved)
    (found,) = desk.verify().findings
    assert (found.kind, found.audit_id) == (Kind.BACKDATED, row["auditId"]["S"])
    assert row["timestamp"]["S"] in found.note


def test_D7_a_row_that_hides_from_the_index_is_found_by_reading_everything(desk: Desk) -> None:
    desk.rows.put(item(999, NOON - timedelta(hours=3, seconds=7), day=None))
    assert desk.kinds() == ["inserted"]
    some_row(desk)["day"] = {"S": "2026-11-21"}
    assert "edited" in desk.kinds(everywhere=False), "a sealed row is asked for by its key"


def test_D7_a_time_to_live_that_was_shortened_excuses_no_deletion(desk: Desk) -> None:
    row = some_row(desk)
    row["ttl"] = {"N": "1"}
    assert desk.kinds() == ["edited"]
    del desk.rows.items[key_of(row)]
    assert desk.kinds() == ["deleted"]


def test_rows_that_expired_are_counted_and_no_finding(desk: Desk) -> None:
    kept = timedelta(hours=3)
    desk.rows.put(*(item(number, NOON + timedelta(minutes=number), kept) for number in range(60)))
    desk.now = NOON + timedelta(hours=2)
    desk.seal()
    sealed_at_eleven = [key for key in desk.rows.items if key[1].startswith("2026-11-22T12")]
    for key in sealed_at_eleven[:20]:
        del desk.rows.items[key]
    assert desk.kinds() == ["deleted"] * 20, "their time has not come"
    desk.now = NOON + timedelta(hours=4)
    desk.seal()
    report = desk.verify()
    assert (report.expired, report.findings) == (20, ())


def test_D7_a_digest_that_was_replaced_is_named_whoever_signed_it(desk: Desk, aws: LocalAws) -> None:
    hour = "2026-11-22T08"
    genuine = desk.seals.load(hour)
    assert genuine is not None
    forged = Digest(hour, genuine.digest.sealed_at, 0, root_of(()), genuine.digest.previous)
    overwrite(desk, hour, Sealed(forged, genuine.signature, ()).to_json())
    assert desk.kinds() == ["digest altered"]
    other = connect(aws, "kms").create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    stranger = Seals(desk.seals._s3, desk.seals._bucket, desk.seals._kms, other)
    desk.seals._s3.delete_object(Bucket=desk.seals._bucket, Key=f"digests/{hour}.json")
    assert desk.kinds() == ["digest missing"]
    stranger.seal(forged, ())
    assert desk.kinds() == ["digest altered"]


def test_D7_a_digest_signed_again_by_our_own_key_breaks_the_chain(desk: Desk) -> None:
    hour = "2026-11-22T08"
    genuine = desk.seals.load(hour)
    assert genuine is not None
    gone = key_of(some_row(desk))
    del desk.rows.items[gone]
    leaves = tuple(leaf for leaf in genuine.leaves if leaf.key != gone)
    desk.seals._s3.delete_object(Bucket=desk.seals._bucket, Key=f"digests/{hour}.json")
    again = replace(genuine.digest, rows=len(leaves), root=root_of(leaves))
    assert desk.seals.seal(again, leaves)
    (found,) = desk.verify().findings
    assert found.kind is Kind.DIGEST_ALTERED
    assert "not what the next one follows" in found.note


def test_D7_a_genuine_digest_under_another_hour_is_an_altered_one(desk: Desk) -> None:
    *_, before, newest = desk.seals.hours()
    genuine = desk.seals.load(before)
    assert genuine is not None
    overwrite(desk, newest, genuine.to_json())
    assert (Kind.DIGEST_ALTERED, newest) in [(found.kind, found.hour) for found in desk.verify().findings]


def test_D7_leaves_that_are_not_those_of_the_root_are_an_altered_digest(desk: Desk) -> None:
    genuine = desk.seals.load("2026-11-22T08")
    assert genuine is not None
    overwrite(desk, "2026-11-22T08", replace(genuine, leaves=genuine.leaves[1:]).to_json())
    assert desk.kinds() == ["digest altered"]


def test_D7_the_first_digests_cannot_be_hidden(desk: Desk) -> None:
    for hour in list(desk.seals.hours())[:3]:
        desk.seals._s3.delete_object(Bucket=desk.seals._bucket, Key=f"digests/{hour}.json")
    (found,) = desk.verify().findings
    assert (found.kind, found.note) == (Kind.DIGEST_MISSING, "there were digests before this one")


def test_the_newest_digests_cannot_be_hidden_and_an_outage_is_made_up_for(desk: Desk) -> None:
    desk.now += timedelta(hours=3)
    assert desk.kinds() == ["digest missing"] * 3
    assert desk.seal() == 3
    assert desk.kinds() == []


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"\xff", b'{"digest": {"hour": 1}, "rows": [], "signature": ""}']
)
def test_D7_a_digest_that_cannot_be_read_is_an_altered_one(desk: Desk, content: bytes) -> None:
    overwrite(desk, "2026-11-22T08", content)
    assert desk.kinds() == ["digest altered"]


def test_what_else_lies_among_the_digests_hides_none(desk: Desk) -> None:
    for name in ("digests/", "digests/!", "digests/2026-11-22", "digests/2026-11-22T08.json.bak"):
        desk.seals._s3.put_object(Bucket=desk.seals._bucket, Key=name, Body=b"x")
    assert desk.verify().hours == 7
    desk.now += timedelta(hours=1)
    assert desk.seal() == 1


def test_object_lock_keeps_the_digest_that_was_replaced(desk: Desk) -> None:
    s3, bucket, key = desk.seals._s3, desk.seals._bucket, "digests/2026-11-22T08.json"
    overwrite(desk, "2026-11-22T08", b"forged")
    oldest = s3.list_object_versions(Bucket=bucket, Prefix=key)["Versions"][-1]["VersionId"]
    with pytest.raises(ClientError, match="Access Denied"):
        s3.delete_object(Bucket=bucket, Key=key, VersionId=oldest)
    kept = s3.get_object(Bucket=bucket, Key=key, VersionId=oldest)["Body"].read()
    assert desk.seals.is_genuine(Sealed.from_json(kept))


@pytest.mark.parametrize(
    "at",
    [
        NOON - timedelta(minutes=5),  # of the hour that is sealed next
        NOON + timedelta(days=400),  # dated in the future
        NOON - timedelta(days=2),  # before the first digest
    ],
)
@pytest.mark.parametrize("everywhere", [True, False])
def test_D7_what_the_notary_saw_in_a_row_that_no_digest_covers_is_told_at_once(
    desk: Desk, at: datetime, everywhere: bool
) -> None:
    change = {"Keys": {"userId": {"S": "sub-1"}, "timestamp": {"S": timestamp(at)}}, "NewImage": item(1, at)}
    record = {
        "eventID": "1",
        "eventName": "MODIFY",
        "dynamodb": {**change, "OldImage": item(2, at), "ApproximateCreationDateTime": NOON.timestamp()},
    }
    Notary(desk.rows, desk.seals, lambda: desk.now).watch(record)
    assert desk.kinds(everywhere=everywhere) == ["edited"]


def test_D7_what_the_notary_saw_is_told_where_none_of_the_hours_is_sealed(desk: Desk, seals: Seals) -> None:
    at = NOON - timedelta(minutes=5)
    seals.note(Finding(Kind.EDITED, hour_of(at), "sub-1", timestamp(at), seen_at="now"), "1")
    report = desk.verify(first=NOON - timedelta(minutes=30))
    assert (report.hours, [found.kind for found in report.findings]) == (0, [Kind.EDITED])


def test_before_the_first_digest_nothing_is_judged(seals: Seals) -> None:
    desk = Desk(Rows(), seals)
    desk.rows.put(item(1, NOON - timedelta(hours=3)))
    report = desk.verify()
    assert (report.began, report.hours, report.findings) == (None, 0, ())
    desk.seal()
    report = desk.verify()
    assert (report.began, report.hours, report.rows, report.findings) == ("2026-11-22T10", 1, 0, ())


def test_a_store_that_does_not_answer_is_said_and_nothing_is_called_clean(aws: LocalAws, desk: Desk) -> None:
    for call in ("s3.GetObject", "s3.ListObjectsV2", "kms.Verify"):
        with aws_fails(call, answers(403, "AccessDenied")):
            seals = Seals(connect(aws, "s3"), desk.seals._bucket, connect(aws, "kms"), desk.seals._key_id)
            with pytest.raises(AuditUnavailableError):
                Desk(desk.rows, seals).verify()


def test_D7_a_signature_that_kms_calls_invalid_is_an_altered_digest(aws: LocalAws, desk: Desk) -> None:
    """KMS answers so with an error; the local one with a false."""
    with aws_fails("kms.Verify", answers(400, "KMSInvalidSignatureException")):
        seals = Seals(connect(aws, "s3"), desk.seals._bucket, connect(aws, "kms"), desk.seals._key_id)
        assert set(Desk(desk.rows, seals).kinds()) == {"digest altered"}


def test_a_notary_that_cannot_sign_seals_nothing(aws: LocalAws, desk: Desk) -> None:
    desk.now += timedelta(hours=1)
    with aws_fails("kms.Sign", answers(400, "AccessDeniedException")):
        seals = Seals(connect(aws, "s3"), desk.seals._bucket, connect(aws, "kms"), desk.seals._key_id)
        with pytest.raises(AuditUnavailableError):
            Desk(desk.rows, seals, desk.now).seal()
    assert list(desk.seals.hours())[-1] == "2026-11-22T10"


def test_D7_a_thousand_changes_in_a_hundred_thousand_rows_are_all_found(seals: Seals) -> None:
    step = timedelta(seconds=1.5)  # 42 hours
    desk = Desk(Rows(), seals, NOON - step * ROWS)
    desk.seal()
    desk.rows.put(*(item(number, NOON - step * number) for number in range(1, ROWS + 1)))
    desk.now = NOON + timedelta(minutes=30)
    desk.seal()
    assert desk.verify().findings == ()
    chance = random.Random(7)
    sealed = [key for key in desk.rows.items if key[1] < "2026-11-22T12"]
    expected = {}
    for number, key in enumerate(chance.sample(sealed, TAMPERED)):
        kind = ("edited", "deleted", "inserted")[number % 3]
        if kind == "edited":
            row = dict(desk.rows.items[key])
            row[chance.choice(sorted({*row} - {"userId", "timestamp"}))] = {"S": "another"}
            desk.rows.items[key] = row
        elif kind == "deleted":
            del desk.rows.items[key]
        else:
            at = start_of(key[1][:13]) + timedelta(seconds=chance.random() * 3599, microseconds=1)
            forged = item(ROWS + number, at)
            desk.rows.put(forged)
            key = key_of(forged)
        expected[key] = kind
    found = {(one.user_id, one.timestamp): one.kind.value for one in desk.verify().findings}
    assert found == expected
    assert len(found) == TAMPERED


@settings(max_examples=60, deadline=None)
@given(size=st.integers(1, 70), chosen=st.integers(0, 10_000), what=st.sampled_from(["edit", "drop", "swap", "double"]))
def test_the_root_tells_any_other_list_of_rows_apart(size: int, chosen: int, what: str) -> None:
    leaves = [leaf_of(item(number, NOON + timedelta(seconds=number))) for number in range(size)]
    at = chosen % size
    other = list(leaves)
    if what == "edit":
        other[at] = replace(other[at], sha256="0" * 64)
    elif what == "drop":
        del other[at]
    elif what == "double":
        other.insert(at, other[at])
    else:
        other[at], other[-1] = other[-1], other[at]
    assert (root_of(other) == root_of(leaves)) == (other == leaves)


def test_a_leaf_depends_on_no_order_that_dynamodb_does_not_keep() -> None:
    row = item(1)
    one = {**row, "tags": {"SS": ["a", "b"]}, "raw": {"B": b"x"}}
    other = dict(reversed(list({**one, "tags": {"SS": ["b", "a"]}}.items())))
    assert leaf_of(one) == leaf_of(other) != leaf_of(row)
    assert isinstance(leaf_of(row), Leaf)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    stored=st.binary()
    | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(lambda x: json.dumps(x).encode())
)
def test_no_stored_text_breaks_the_reader(stored: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        Sealed.from_json(stored)


def test_the_real_table_is_read_as_the_digests_need_it(aws: LocalAws, seals: Seals) -> None:
    with audit_table(aws, "audit-sealed") as table:
        empty(table)
        rows = SealedRows(connect(aws), table)
        desk = Desk(rows, seals, NOON - timedelta(hours=3))
        desk.seal()
        fill(table, (item(number, NOON - timedelta(seconds=5 * number)) for number in range(2_000)))
        desk.now = NOON + timedelta(minutes=10)
        assert desk.seal() == 4
        assert desk.verify().rows == 1999
        for everywhere in (True, False):
            assert desk.verify(everywhere=everywhere).findings == ()
        victim, hidden = item(700, NOON - timedelta(seconds=5 * 700)), item(701, NOON - timedelta(seconds=5 * 701))
        connect(aws).delete_item(TableName=table, Key={key: victim[key] for key in ("userId", "timestamp")})
        fill(table, iter([{**hidden, "day": {"S": "2026-01-01"}}, item(5000, NOON - timedelta(hours=1, seconds=2))]))
        for everywhere in (True, False):
            assert sorted(desk.kinds(everywhere=everywhere)) == ["deleted", "edited", "inserted"]
