"""Writer of the RBA data set's CSV (Wiefling et al., 2022): 16 columns, labels included."""

from __future__ import annotations

import polars as pl

from authrisk.simulate.log_text import must_be_decided, must_have


def rba_lines(events: pl.DataFrame, labels: pl.DataFrame | None = None) -> list[str]:
    """Header and one line per event; times to the millisecond, UTC without saying so.

    Left out: coordinates, AS name, network kind, application, method and second factor. Without
    `labels` both label columns are empty.
    """
    must_be_decided(events, "rba_csv")
    must_have(events, "rba_csv", "user_id")
    if labels is None:
        attack, takeover = pl.lit(""), pl.lit("")
    else:
        attack = _truth(labels["is_attack_ip"])
        takeover = _truth(labels["is_account_takeover"])
    table = events.select(
        pl.col("event_id").alias("index"),
        pl.col("timestamp").dt.strftime("%Y-%m-%d %H:%M:%S%.3f").alias("Login Timestamp"),
        pl.col("user_id").alias("User ID"),
        pl.col("rtt_ms").round(0).cast(pl.Int64).alias("Round-Trip Time [ms]"),
        pl.col("src_ip").fill_null("").alias("IP Address"),
        pl.col("src_country").fill_null("-").alias("Country"),
        pl.col("src_region").fill_null("-").alias("Region"),
        pl.col("src_city").fill_null("-").alias("City"),
        pl.col("src_asn").alias("ASN"),
        pl.col("user_agent").fill_null("").alias("User Agent String"),
        _product("browser").alias("Browser Name and Version"),
        _product("os").alias("OS Name and Version"),
        pl.col("device_type").fill_null("unknown").alias("Device Type"),
        _truth(pl.col("outcome") == "success").alias("Login Successful"),
        attack.alias("Is Attack IP"),
        takeover.alias("Is Account Takeover"),
    )
    return table.write_csv(quote_style="necessary").splitlines()


def _product(name: str) -> pl.Expr:
    """`Chrome Mobile 46.0.2490`; the data set says `Other` for an unknown one."""
    versioned = pl.concat_str([name, f"{name}_version"], separator=" ", ignore_nulls=True)
    return pl.when(pl.col(name).is_null()).then(pl.lit("Other")).otherwise(versioned)


def _truth(flags: pl.Expr | pl.Series) -> pl.Expr:
    flag = pl.lit(flags) if isinstance(flags, pl.Series) else flags
    return pl.when(flag).then(pl.lit("True")).otherwise(pl.lit("False"))
