# SPDX-License-Identifier: Apache-2.0
"""Writes what cronsim says of expressions around changes of the clock, leap days and at random. See README.md."""

import json
import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim

# A zone and moments near which its clocks change.
ZONES = {
    "UTC": ["2024-02-28T00:00", "2023-12-31T20:00"],
    "Europe/Berlin": ["2024-03-30T20:00", "2024-10-26T20:00", "2025-03-29T20:00"],
    "America/New_York": ["2024-03-09T20:00", "2024-11-02T20:00"],
    "America/St_Johns": ["2024-03-09T20:00", "2024-11-02T20:00"],
    "America/Santiago": ["2024-04-06T12:00", "2024-09-07T12:00"],
    "Australia/Lord_Howe": ["2024-04-06T08:00", "2024-10-05T08:00"],
    "Australia/Sydney": ["2024-04-06T08:00", "2024-10-05T08:00"],
    "Africa/Cairo": ["2024-04-25T12:00", "2024-10-31T12:00"],
    "Africa/Casablanca": ["2024-03-09T20:00", "2024-04-13T20:00"],
    "Asia/Kathmandu": ["2024-02-28T12:00"],
    "Pacific/Apia": ["2011-12-29T00:00"],
    "Asia/Tehran": ["2022-03-21T12:00", "2022-09-21T12:00"],
}
EXPRESSIONS = [
    "* * * * *", "*/15 * * * *", "30 * * * *", "0 * * * *", "59 * * * *", "30 2 * * *", "0 2 * * *", "30 1 * * *", "15,45 2 * * *",
    "*/20 2 * * *", "0 */2 * * *", "30 */3 * * *", "0 0 * * *", "30 0 * * *", "0 3 * * *", "0-5 1,2,3 * * *", "30 23 * * *",
    "0 12 * * SUN", "5 2 * * 0", "5 2 * * 7", "0 0 29 2 *", "0 0 29 2 MON", "0 0 29 2 */2", "0 0 1 * MON", "0 0 */10 * MON",
    "0 6 31 * *", "0 6 30 JAN-JUN/2 *", "10-50/20 4 1-7 * 1-5", "0 0 * * MON-FRI", "0 22 * 3,10 sat,sun", "0 4 13 * 5",
]


def spelled(field, low, high):
    if not field.startswith("*/"):
        return field
    return ",".join(str(n) for n in range(low, high + 1, int(field[2:])))


def asked(expression):
    minute, hour, *days = expression.upper().split()
    if hour != "*":
        minute = ",".join(map(str, range(60))) if minute == "*" else spelled(minute, 0, 59)
        hour = spelled(hour, 0, 23)
    return " ".join([minute, hour, *days])


def case(expression, zone, after, count):
    schedule = CronSim(asked(expression), after.astimezone(ZoneInfo(zone)))
    times = []
    while len(times) < count:
        time = int(next(schedule).timestamp())
        # In the second passing of a repeated hour the library, which then counts in local time, begins again with the first.
        if time > after.timestamp():
            times.append(time)
    return {"cron": expression, "zone": zone, "after": int(after.timestamp()), "times": times}


def field(chance, low, high):
    kind = chance.randrange(5)
    if kind == 0:
        return "*"
    if kind == 1:
        return f"*/{chance.randint(2, max(2, (high - low) // 2))}"
    if kind == 2:
        start = chance.randint(low, high - 1)
        return f"{start}-{chance.randint(start + 1, high)}"
    return ",".join(str(n) for n in sorted(chance.sample(range(low, high + 1), chance.randint(1, 3))))


def main():
    cases = []
    for zone, moments in ZONES.items():
        for moment in moments:
            after = datetime.fromisoformat(moment).replace(tzinfo=UTC)
            for expression in EXPRESSIONS:
                cases.append(case(expression, zone, after, 6))
    # Through a whole change, minute by minute.
    for zone, moment in [("Europe/Berlin", "2024-10-27T00:55"), ("Europe/Berlin", "2024-03-31T00:55")]:
        after = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        cases.append(case("*/5 * * * *", zone, after, 40))
        cases.append(case("*/5 2,3 * * *", zone, after - timedelta(hours=2), 40))
    chance = random.Random(2025)
    zones = sorted(ZONES)
    while len(cases) < 1000:
        fields = (
            field(chance, 0, 59), field(chance, 0, 23), field(chance, 1, 28), field(chance, 1, 12), field(chance, 0, 7),
        )
        after = datetime(2012, 1, 1, tzinfo=UTC) + timedelta(minutes=chance.randrange(13 * 365 * 1440))
        cases.append(case(" ".join(fields), chance.choice(zones), after, 5))
    print('{"source": "cronsim 2.8", "cases": [\n' + ",\n".join(json.dumps(one) for one in cases) + "\n]}")


main()
