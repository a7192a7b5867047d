// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance
import Serving
import Streaming
import TestSupport
import Testing

@Suite("Records that come in")
struct IntakeTests {
    @Test("become labels, predictions and features", arguments: TestDatabase.allCases)
    func effects(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            try await world.stream(.predictions, named: "p")
            try await world.stream(.labels, named: "l")
            try await world.stream(.features, named: "f")
            let prediction = event(
                "1", time: "2023-11-14T22:00:00Z", subject: "a.0", ["inputs": ["x": 1.5, "c": "LH"], "score": 0.25, "revision": 1])
            #expect(try await world.send(prediction, event("2", ["prediction": "b", "x": 2, "score": .null]), to: "p").taken == 2)
            let first = try #require(try await world.prediction("a.0"))
            #expect(first.inputs == ["x": 1.5, "c": "LH"] && first.score == 0.25 && first.revision == 1)
            #expect(first.time.milliseconds == 1_699_999_200_000)
            // Without a revision it counts for the newest; without inputs what is left are they; without a time it is now.
            let second = try #require(try await world.prediction("b"))
            #expect(second.inputs == ["x": 2] && second.score == nil && second.revision == 2 && second.time == world.clock.now())

            #expect(
                try await world.send(event("1", ["prediction": "a.0", "value": 1]), event("2", subject: "b", ["value": false]), to: "l")
                    .taken == 2)
            #expect(try await world.label("a.0") == 1)
            #expect(try await world.label("b") == 0)

            #expect(try await world.send(event("1", ["entity": 7, "age": 30, "city": "Oslo"]), to: "f").taken == 1)
            let row = try await OnlineFeatures(governor: world.governor).row(of: "7", in: "customers", by: world.caller)
            #expect(row.values == ["age": 30, "city": "Oslo"])
            #expect(try await world.progress(of: "l").taken == 2)
        }
    }

    @Test("change nothing twice, in whatever order they come", arguments: TestDatabase.allCases)
    func repetitions(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            try await world.stream()
            let old = event("1", time: "2023-11-14T20:00:00Z", ["prediction": "a", "value": 1])
            let new = event("2", time: "2023-11-14T21:00:00Z", ["prediction": "a", "value": 2])
            #expect(try await world.send(new, new).repeated == 1)
            // Known earlier, heard later: it does not replace what holds.
            #expect(try await world.send(old).taken == 1)
            #expect(try await world.label("a") == 2)
            let again = try await world.send(old, new)
            #expect(again.taken == 0 && again.repeated == 2)
            // The same id of another source is another event.
            #expect(
                try await world.send(event("2", source: "/other", time: "2023-11-14T22:00:00Z", ["prediction": "a", "value": 3])).taken == 1
            )
            #expect(try await world.label("a") == 3)
            #expect(try await world.rows(of: "label") == 1)
            #expect(try await world.rows(of: "label_history") == 1)
            let progress = try await world.progress()
            #expect(progress.taken == 3 && progress.repeated == 3 && progress.refused == 0)
        }
    }

    @Test("leave a prediction as it is when it comes again with another time or id of its event", arguments: TestDatabase.allCases)
    func predictionsOnce(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            try await world.stream(.predictions)
            _ = try await world.send(event("1", time: "2023-11-14T20:00:00Z", subject: "a", ["x": 1, "score": 0.1]))
            _ = try await world.send(event("2", time: "2023-11-14T21:00:00Z", subject: "a", ["x": 2, "score": 0.2]))
            #expect(try await world.rows(of: "prediction") == 1)
            #expect(try await world.prediction("a")?.score == 0.1)
        }
    }

    @Test("do not hold up the others when some are bad, and can be read and taken again", arguments: TestDatabase.allCases)
    func deadLetters(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            try await world.stream(.predictions)
            let text = SourceRecord(place: "t/9", headers: [:], body: Array("nonsense".utf8))
            let future = event("f", time: "2023-11-14T23:00:00Z", subject: "late", ["x": 1])
            let receipt = try await world.send(
                event("1", subject: "a", ["x": 1]), text, event("2", subject: "b", ["x": 1, "revision": 9]),
                event("3", ["score": "high"]), future, event("4", subject: "d", ["x": 1]))
            #expect(receipt.taken == 2)
            #expect(
                Set(receipt.refused.map(\.code)) == [
                    "streams.event.malformed", "serving.prediction.revision-unknown", "streams.record.malformed", "streams.record.future",
                ])
            #expect(try await world.prediction("a") != nil)
            #expect(try await world.prediction("d") != nil)
            let letters = try await world.letters()
            #expect(letters.count == 4)
            #expect(letters.contains { $0.place == "t/9" && $0.body == Array("nonsense".utf8) })
            // Sent again they are no further letters.
            _ = try await world.send(text, future)
            #expect(try await world.letters().count == 4)
            #expect(try await world.progress().refused == 4)

            // An hour later the record is not of the future any more.
            let letter = try #require(letters.first { $0.code == "streams.record.future" })
            #expect(try await world.streams.retry(letter.id, of: "s", by: world.caller).taken == 0)
            world.clock.move(by: .seconds(3600))
            let found = try #require(try await world.letters().first { $0.code == "streams.record.future" })
            #expect(try await world.streams.retry(found.id, of: "s", by: world.caller).taken == 1)
            #expect(try await world.prediction("late") != nil)
            let other = try #require(try await world.letters().first)
            try await world.streams.discard(other.id, of: "s", by: world.caller)
            #expect(try await world.letters().count == 2)
        }
    }

    @Test("are not taken by streams that are paused, take no requests, or are not there", arguments: TestDatabase.allCases)
    func refusals(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            try await world.stream()
            try await world.stream(.labels, named: "files", from: StreamPlace(files: .init(pattern: "*.csv")))
            let record = event("1", ["prediction": "a", "value": 1])
            _ = try await world.streams.pause("s", by: world.caller)
            for (name, code) in [("s", "streams.stream.paused"), ("files", "streams.stream.not-http"), ("none", "streams.stream.unknown")] {
                let problem = await #expect(throws: Problem.self) { try await world.send(record, to: name) }
                #expect(problem?.code == code)
            }
            _ = try await world.streams.resume("s", by: world.caller)
            #expect(try await world.send(record).taken == 1)
        }
    }

    @Test("are forgotten after thirty days, and their values stay", arguments: TestDatabase.allCases)
    func forgetting(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            try await world.stream()
            _ = try await world.send(event("1", ["prediction": "a", "value": 1]), event("2", ["no": 1]))
            world.clock.move(by: .seconds(29 * 86_400))
            try await Streams.forgetOld(world.governor)
            #expect(try await world.rows(of: "stream_event") == 1)
            world.clock.move(by: .seconds(2 * 86_400))
            try await Streams.forgetOld(world.governor)
            for table in ["stream_event", "stream_label", "dead_letter"] { #expect(try await world.rows(of: table) == 0) }
            #expect(try await world.label("a") == 1)
        }
    }
}
