// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Synchronization
import Testing

@testable import Demo

@Suite("Replaying a month")
struct ReplayTests {
    /// Two days of two hours of two flights; every second flight of an hour is late, the last flight of all has no label.
    static func month() throws -> FlightMonth {
        let lines = (0..<8).map { index in
            let (day, hour, minute) = (10 + index / 4, 12 + index / 2 % 2, 10 * (index % 2))
            return FlightFile.line(
                "2013-01-\(day)T\(hour):\(minute == 0 ? "00" : "10"):00Z", day: day, delay: index == 7 ? "" : index % 2 == 1 ? "60" : "0")
        }
        return try FlightFile.table(january: lines).month(1)
    }

    static func replay(_ server: EndpointServer, concurrency: Int = 4) -> Replay {
        let target = ReplayServer(address: server.address, token: "secret", attempts: 3, pause: .milliseconds(1))
        return Replay(target, endpoint: "flights", concurrency: concurrency)
    }

    /// Scores each hour's rows 0.25, 0.75 under an id made of its event time.
    static func answer(_ request: EndpointServer.Request) -> EndpointServer.Answer {
        guard request.path == "/v2/models/flights/infer" else { return .init(body: Data("{}".utf8)) }
        let json = try? JSONSerialization.jsonObject(with: request.body) as? [String: Any]
        let time = (json?["parameters"] as? [String: Any])?["event_time"] as? Int64 ?? 0
        let text = """
            {"model_name":"flights","parameters":{"prediction_id":"p\(time)"},"outputs":[\
            {"name":"probability","datatype":"FP32","shape":[2,1],"data":[0.25,0.75]}]}
            """
        return .init(body: Data(text.utf8))
    }

    @Test("asks for each scheduled hour, then sends the day's labels under the ids of the answers")
    func sendsRequestsAndLabels() async throws {
        let month = try Self.month()
        let days = Mutex<[Int]>([])
        let last = Mutex<ReplayProgress?>(nil)
        try await EndpointServer.with(Self.answer) { server in
            let summary = try await Self.replay(server).send(month) { progress in
                last.withLock { $0 = progress }
            } afterDay: { day in
                #expect(day.rows == 4)
                days.withLock { $0.append(day.day) }
                return .goOn
            }
            #expect(summary.answered == 8)
            #expect(summary.labelled == 7)
            #expect(summary.failed == 0)
            #expect(summary.isComplete)
            #expect(summary.failures.isEmpty)
            // Every late flight scored above every other; log loss of a sure 0.75 in the right direction is -ln 0.75.
            #expect(summary.metrics?.auc == 1)
            #expect(abs((summary.metrics?.logLoss ?? 0) - 0.287_682_072_451_780_9) < 1e-12)
            #expect(days.withLock { $0 } == [10, 11])
            #expect(last.withLock { $0 }.map { [$0.done, $0.total] } == [8, 8])

            let paths = server.requests.map(\.path)
            #expect(paths.map { $0.hasSuffix("/infer") } == [true, true, false, true, true, false])
            #expect(paths[2] == "/api/v1/endpoints/flights/labels")
            #expect(
                server.requests.allSatisfy { $0.headers["authorization"] == "Bearer secret" && $0.headers["dhow-workspace"] == "default" })
            let labels = try JSONDecoder().decode(LabelsBody.self, from: server.requests[5].body).labels
            let start = month.flights[4].scheduledHour
            let expected = [("p\(start).0", 0), ("p\(start).1", 1), ("p\(start + 3_600_000).0", 0)]
            #expect(Set(labels.map(\.prediction)) == Set(expected.map(\.0)))
            #expect(labels.count { $0.value == 1 } == 1)
        }
    }

    @Test("sends what was refused with 503, or not answered at all, again under the same id")
    func repeats() async throws {
        let month = try Self.month()
        try await EndpointServer.with { request in
            switch request.number {
            case 0: .init(status: 503, body: Data())
            case 1: .init(body: Data(), isSilent: true)
            default: Self.answer(request)
            }
        } _: { server in
            let summary = try await Self.replay(server, concurrency: 1).send(month)
            #expect(summary.answered == 8)
            #expect(summary.retries == 2)
            #expect(summary.failures.isEmpty)
            let identifiers = server.requests.map { $0.headers["x-request-id"] ?? "" }
            #expect(Set(identifiers.prefix(3)).count == 1)
            #expect(Set(identifiers).count == identifiers.count - 2)
        }
    }

    @Test("counts failures by status with the first message, and goes on")
    func countsFailures() async throws {
        let month = try Self.month()
        let problem =
            #"{"type":"about:blank","title":"The model failed.","status":500,"detail":"It said NaN.","code":"serving.model.failed"}"#
        try await EndpointServer.with { request in
            if request.path.hasSuffix("labels") { return .init(status: 422, body: Data("no".utf8)) }
            return switch request.number {
            case 0: .init(status: 500, body: Data(problem.utf8))
            case 1: .init(status: 404, body: Data(#"{"error":"unknown model"}"#.utf8))
            case 3: .init(status: 500, body: Data("later".utf8))
            default: Self.answer(request)
            }
        } _: { server in
            let summary = try await Self.replay(server, concurrency: 1).send(month)
            // The first day has no answer and so no labels; the second lost one hour, and its labels were refused.
            #expect(summary.answered == 2)
            #expect(summary.failed == 6)
            #expect(summary.labelled == 0)
            #expect(summary.retries == 0)
            #expect(
                summary.failures == [
                    ReplayFailure(status: 500, isOfLabels: false, requests: 2, rows: 4, message: "The model failed. It said NaN."),
                    ReplayFailure(status: 404, isOfLabels: false, requests: 1, rows: 2, message: "unknown model"),
                    ReplayFailure(status: 422, isOfLabels: true, requests: 1, rows: 2, message: "no"),
                ])
        }
    }

    @Test("ends where it is told to stop, and where it is told that something is wrong")
    func stops() async throws {
        let month = try Self.month()
        try await EndpointServer.with(Self.answer) { server in
            let summary = try await Self.replay(server).send(month, afterDay: { _ in .stop })
            #expect(summary.answered == 4)
            #expect(summary.unsent == 4)
            #expect(!summary.isComplete)
            #expect(server.requests.count == 3)
            await #expect(throws: CancellationError.self) {
                try await Self.replay(server).send(month, afterDay: { _ in throw CancellationError() })
            }
        }
    }

    @Test("gives up when nothing answers a day")
    func givesUp() async throws {
        let month = try Self.month()
        try await EndpointServer.with { _ in
            .init(body: Data(), isSilent: true)
        } _: { server in
            let problem = await #expect(throws: Problem.self) { try await Self.replay(server).send(month) }
            #expect(problem?.code == "demo.server.silent")
            // Two hours, three attempts each.
            #expect(server.requests.count == 6)
        }
    }

    @Test("keeps no more requests under way than it may")
    func isBounded() async throws {
        let lines = (0..<20).map { FlightFile.line("2013-01-10T\($0 < 10 ? "0" : "")\($0):00:00Z", day: 10) }
        let month = try FlightFile.table(january: lines).month(1)
        try await EndpointServer.with { _ in
            .init(status: 400, body: Data())
        } _: { server in
            let summary = try await Self.replay(server, concurrency: 0).send(month)
            #expect(summary.failures.map(\.requests) == [20])
        }
    }
}
