# SPDX-License-Identifier: Apache-2.0
"""`dhow import mlflow --from postgresql://…`: a database that the stock client wrote."""

import os
import uuid

import pytest
from comparing import compare
from moved import Source, bring

SERVER = os.environ.get("DHOW_TEST_POSTGRES")


@pytest.fixture
def database():
    import psycopg2

    name = f"mlflow_{uuid.uuid4().hex[:8]}"
    connection = psycopg2.connect(SERVER)
    connection.autocommit = True
    connection.cursor().execute(f"CREATE DATABASE {name}")
    base, _, query = SERVER.partition("?")
    yield f"{base.rsplit('/', 1)[0]}/{name}" + (f"?{query}" if query else "")
    connection.cursor().execute(f"DROP DATABASE {name} WITH (FORCE)")
    connection.close()


@pytest.mark.skipif(not SERVER, reason="needs DHOW_TEST_POSTGRES: scripts/with-postgres.sh")
def test_everything_comes_over_from_postgres(database, target, tmp_path):
    source = Source(tmp_path, database.replace("postgres://", "postgresql+psycopg2://", 1)).fill()
    first = bring(source)
    compare(source, target)
    assert bring(source) == first
