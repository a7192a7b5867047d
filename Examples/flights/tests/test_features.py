# SPDX-License-Identifier: Apache-2.0
import io

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from flights.features import INPUTS, NUMERIC, is_late, labelled, model_inputs, read_flights, transformation

HEADER = (
    "event_time,month,day,hour,dow,carrier,origin,dest,distance,temp,humid,wind_speed,precip,pressure,visib,"
    "dep_delay,arr_delay\n"
)


def snapshot(*delays: str, pressure: str = "1011.9", carrier: str = "UA") -> pd.DataFrame:
    row = f"2013-01-01T10:15:00Z,1,1,5,1,{carrier},EWR,IAH,1400,39.02,64.43,12.66,0.0,{pressure},10.0,2,"
    return read_flights(io.StringIO(HEADER + "".join(f"{row}{delay}\n" for delay in delays)))


def test_nothing_known_after_departure_and_no_date_reaches_the_model(january: pd.DataFrame, model: Pipeline) -> None:
    assert not {"dep_delay", "arr_delay", "month", "day", "event_time"} & set(INPUTS)
    examples = january.tail(500)
    changed = examples.assign(dep_delay=999.0, arr_delay=999.0, month=12, day=31, event_time="2013-12-31T00:00:00Z")
    before = model.predict_proba(model_inputs(examples))
    np.testing.assert_array_equal(model.predict_proba(model_inputs(changed)), before)


def test_late_means_more_than_fifteen_minutes_and_an_empty_delay_has_no_label() -> None:
    flights = snapshot("15", "16", "", "-3")
    examples = labelled(flights)
    assert len(flights) - len(examples) == 1
    assert is_late(examples).tolist() == [0, 1, 0]


def test_the_extract_has_the_stated_share_of_missing_pressure(january: pd.DataFrame) -> None:
    assert january["pressure"].isna().mean() > 0.05
    assert january["carrier"].isna().sum() == 0


def test_a_missing_pressure_stays_missing_through_the_transformation() -> None:
    table = transformation().fit_transform(model_inputs(snapshot("1", pressure="")))
    assert np.isnan(table[0, NUMERIC.index("pressure")])
    assert not np.isnan(np.delete(table, NUMERIC.index("pressure"), axis=1).astype(float)).any()


def test_a_code_that_looks_like_a_missing_value_is_a_code() -> None:
    assert snapshot("1", carrier="NA")["carrier"].tolist() == ["NA"]


def test_unknown_codes_become_minus_one() -> None:
    known = transformation().fit(model_inputs(snapshot("1")))
    unknown = snapshot("1").assign(carrier="ZZ", dest="XXX")
    assert known.transform(model_inputs(unknown))[0, -3:].tolist() == [-1.0, 0.0, -1.0]
