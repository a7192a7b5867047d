# SPDX-License-Identifier: Apache-2.0
"""Makes the Parquet files of this folder with pyarrow, and the same rows as CSV; run by hand."""

import datetime
import pathlib

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

HERE = pathlib.Path(__file__).resolve().parent
ROWS = range(700)


def some(values):
    return [None if row % 9 == 4 else value for row, value in zip(ROWS, values)]


table = pa.table(
    {
        "id": pa.array([row * 1_000_003 for row in ROWS], pa.int64()),
        "small": pa.array(some([row % 13 - 6 for row in ROWS]), pa.int32()),
        "byte": pa.array([row % 200 for row in ROWS], pa.uint8()),
        "value": pa.array(some([row / 7 for row in ROWS]), pa.float64()),
        "half": pa.array([row / 4 for row in ROWS], pa.float32()),
        "city": pa.array(some([f"city {row % 11}, \"north\"" for row in ROWS])),
        "flag": pa.array(some([row % 3 == 0 for row in ROWS])),
        "day": pa.array([datetime.date(2026, 1, 1 + row % 28) for row in ROWS]),
        "at": pa.array([datetime.datetime(2026, 1, 1) + datetime.timedelta(minutes=row) for row in ROWS], pa.timestamp("us")),
        "empty": pa.array([None for _ in ROWS], pa.float64()),
    }
)
pyarrow.csv.write_csv(table, HERE / "rows.csv")
pq.write_table(table, HERE / "snappy.parquet", row_group_size=300)
pq.write_table(table, HERE / "plain.parquet", use_dictionary=False, compression="none", store_schema=False)
pq.write_table(table, HERE / "gzip-v2.parquet", compression="gzip", data_page_version="2.0", data_page_size=512)
pq.write_table(table, HERE / "zstd.parquet", compression="zstd")
pq.write_table(pa.table({"list": [[1], [2]]}), HERE / "nested.parquet")
