// SPDX-License-Identifier: Apache-2.0

import Domain
import Testing

@testable import HTTPServer

@Suite("Deadlines of requests", .timeLimit(.minutes(1)))
struct RequestDeadlinesTests {
    @Test("a request whose time is over is cancelled and told so")
    func expiry() async throws {
        let deadlines = RequestDeadlines(interval: .milliseconds(1))
        async let _: Void? = try? deadlines.run()
        let problem = await #expect(throws: Problem.self) {
            try await deadlines.limit(to: .zero) { try await Task.sleep(for: .seconds(3600)) }
        }
        #expect(problem?.code == "request.time.exceeded")
    }

    @Test("what a request gives or throws within its time is passed on")
    func passing() async throws {
        struct Failure: Error {}
        let deadlines = RequestDeadlines()
        #expect(try await deadlines.limit(to: .seconds(60)) { 7 } == 7)
        await #expect(throws: Failure.self) { try await deadlines.limit(to: .seconds(60)) { throw Failure() } }
    }

    @Test("a request whose connection went away is cancelled without being told of a time")
    func cancellation() async {
        let deadlines = RequestDeadlines()
        let request = Task {
            try await deadlines.limit(to: .seconds(60)) { try await Task.sleep(for: .seconds(3600)) }
        }
        request.cancel()
        await #expect(throws: CancellationError.self) { try await request.value }
    }
}
