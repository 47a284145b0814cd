"""Writer of OpenSSH's lines as rsyslog stores them (RFC 3339 stamps)."""

from __future__ import annotations

import polars as pl

from authrisk.simulate.log_text import must_be_decided, must_have

_HOST = "gateway"


def sshd_lines(events: pl.DataFrame) -> list[str]:
    """`Accepted` and `Failed` lines, with `Invalid user` before those of unknown accounts.

    A log of sshd knows time, account, address, port, outcome and method (password, publickey,
    everything else is keyboard-interactive/pam). The rest of the event is left out.
    """
    must_be_decided(events, "sshd")
    must_have(events, "sshd", "user_id", "src_ip")
    success = pl.col("outcome") == "success"
    unknown = (pl.col("failure_reason") == "unknown_user").fill_null(value=False) & ~success
    kept = pl.col("auth_method").is_in(["password", "publickey"])
    method = (
        pl.when(kept).then("auth_method").when(pl.col("auth_method").is_null())
        .then(pl.lit("password")).otherwise(pl.lit("keyboard-interactive/pam"))
    )  # fmt: skip
    # One connection per attempt: a process number never returns within the same minute.
    process = pl.int_range(pl.len(), dtype=pl.Int64) % 4_000_000 + 1000
    port = pl.col("src_port").fill_null(1024 + process * 7919 % 64_000)
    user = pl.coalesce("user_name", "user_id")
    head = pl.format(
        "{} {} sshd[{}]: ",
        pl.col("timestamp").dt.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00"),
        pl.col("dst_host").fill_null(_HOST),
        process,
    )
    tail = pl.format("{} from {} port {}", user, pl.col("src_ip"), port)
    verb = pl.when(success).then(pl.lit("Accepted ")).otherwise(pl.lit("Failed "))
    account = pl.when(unknown).then(pl.lit(" for invalid user ")).otherwise(pl.lit(" for "))
    decision = pl.concat_str([head, verb, method, account, tail, pl.lit(" ssh2")])
    warning = pl.when(unknown).then(pl.concat_str([head, pl.lit("Invalid user "), tail]))
    lines = events.select(pl.concat_list(warning, decision).explode().drop_nulls())
    return lines.to_series().to_list()
