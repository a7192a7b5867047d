// SPDX-License-Identifier: Apache-2.0

import Delivery
import Domain
import Foundation
import Testing

@Suite struct FreezeWindowTests {
    private func moment(_ text: String) throws -> Timestamp {
        Timestamp(milliseconds: Int64(try Date(text, strategy: .iso8601).timeIntervalSince1970 * 1000))
    }

    private func weekly(_ days: [FreezeWindow.Day], _ from: String, _ until: String, zone: String = "Europe/Berlin") -> FreezeWindow {
        FreezeWindow(name: "w", zone: zone, times: .weekly(days: days, from: from, until: until))
    }

    @Test("a weekly window holds by the clock on the wall, in summer and in winter")
    func summerTime() throws {
        let window = weekly([.friday], "16:00", "18:00")
        // Fridays: 2026-11-27 is an hour from UTC in Berlin, 2026-07-03 two.
        #expect(try window.contains(moment("2026-11-27T15:00:00Z")))
        #expect(try !window.contains(moment("2026-11-27T14:59:59Z")))
        #expect(try !window.contains(moment("2026-11-27T17:00:00Z")))
        #expect(try window.contains(moment("2026-07-03T14:00:00Z")))
        #expect(try !window.contains(moment("2026-07-03T16:00:00Z")))
        #expect(try !window.contains(moment("2026-11-26T15:30:00Z")), "A Thursday.")
    }

    @Test("a window over midnight belongs to the day it begins on, and a whole day is one too")
    func overnight() throws {
        let night = weekly([.sunday], "22:00", "06:00", zone: "UTC")
        #expect(try night.contains(moment("2026-11-29T23:00:00Z")))
        #expect(try night.contains(moment("2026-11-30T05:59:00Z")), "Monday's early morning.")
        #expect(try !night.contains(moment("2026-11-30T06:00:00Z")))
        #expect(try !night.contains(moment("2026-11-29T05:00:00Z")))
        let day = weekly([.saturday, .sunday], "00:00", "00:00", zone: "UTC")
        #expect(try day.contains(moment("2026-11-28T00:00:00Z")) && day.contains(moment("2026-11-29T23:59:59Z")))
        #expect(try !day.contains(moment("2026-11-30T00:00:00Z")) && !day.contains(moment("2026-11-27T23:59:59Z")))
    }

    @Test("a window that is once begins and ends by the clock of its zone")
    func once() throws {
        let window = FreezeWindow(
            name: "w", zone: "America/New_York", times: .once(from: "2026-12-20T18:00", until: "2027-01-02T08:00"))
        #expect(try !window.contains(moment("2026-12-20T22:59:00Z")))
        #expect(try window.contains(moment("2026-12-20T23:00:00Z")))
        #expect(try window.contains(moment("2027-01-02T12:59:00Z")))
        #expect(try !window.contains(moment("2027-01-02T13:00:00Z")))
    }

    @Test("survives its document's form, and refuses what it could not keep")
    func forms() throws {
        let good = [
            weekly([.monday], "08:00", "09:00"),
            FreezeWindow(name: "w", zone: "UTC", times: .once(from: "2026-12-20T18:00", until: "2026-12-21T18:00")),
        ]
        for window in good {
            try window.validate()
            #expect(try JSONDecoder().decode(FreezeWindow.self, from: JSONEncoder().encode(window)) == window)
        }
        let bad = [
            weekly([], "08:00", "09:00"), weekly([.monday, .monday], "08:00", "09:00"), weekly([.monday], "8:00", "09:00"),
            weekly([.monday], "08:00", "24:00"), weekly([.monday], "08:00", "09:00", zone: "Mars/Olympus"),
            FreezeWindow(name: "w", zone: "UTC", times: .once(from: "2026-12-21T18:00", until: "2026-12-20T18:00")),
            FreezeWindow(name: "w", zone: "UTC", times: .once(from: "2026-13-21T18:00", until: "2027-12-20T18:00")),
        ]
        for window in bad { #expect(throws: Problem.self) { try window.validate() } }
    }
}
