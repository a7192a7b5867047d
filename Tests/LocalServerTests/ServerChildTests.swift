// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Testing

@testable import LocalServer

/// Shell scripts stand in for the server: what is tested is how a child is started, watched and ended.
@Suite("A server as a child", .serialized)
struct ServerChildTests {
    static let shell = URL(filePath: "/bin/sh")
    static let answering = "echo starting; echo \"Dhow answers at http://127.0.0.1:9\"; echo note >&2;"

    static func withLog(_ body: (URL) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "dhow-demo-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(folder.appending(path: "server.log"))
    }

    @Test("answers where it says, keeps its outputs in a private file, and is asked to end when the work is done")
    func runs() async throws {
        try await Self.withLog { log in
            // It waits without a busy loop; the trap proves that SIGTERM came.
            let script = "tail -f /dev/null & trap 'echo drained $WORD; kill $!; exit 0' TERM; \(Self.answering) wait"
            let identifier = try await ServerChild.with(
                Self.shell, arguments: ["-c", script], environment: ["WORD": "well"], log: log
            ) { server in
                #expect(server.address == "http://127.0.0.1:9")
                #expect(kill(server.processIdentifier, 0) == 0)
                #if os(Linux)
                #expect(ProcessorTime(ofProcess: server.processIdentifier) != nil)
                let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(server.processIdentifier)/fd")
                #expect(Set(open) == ["0", "1", "2"])
                #endif
                return server.processIdentifier
            }
            #expect(kill(identifier, 0) == -1)
            let text = try String(contentsOf: log, encoding: .utf8)
            #expect(text.contains("starting"))
            #expect(text.contains("note"))
            #expect(text.contains("drained well"))
            let attributes = try FileManager.default.attributesOfItem(atPath: log.path)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
    }

    @Test("is ended when the work throws")
    func endsAfterErrors() async throws {
        try await Self.withLog { log in
            let identifiers = log.deletingLastPathComponent().appending(path: "pid")
            await #expect(throws: Problem.self) {
                try await ServerChild.with(
                    Self.shell, arguments: ["-c", "echo $$ > '\(identifiers.path)'; \(Self.answering) exec tail -f /dev/null"], log: log
                ) { _ in throw Problem(.conflict, "test.work.failed", "Something else.") }
            }
            let text = try String(contentsOf: identifiers, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
            let identifier = try #require(Int32(text))
            #expect(kill(identifier, 0) == -1)
        }
    }

    @Test("says with which words it ended when it does not start, or ends under the work")
    func reportsItsEnd() async throws {
        try await Self.withLog { log in
            let unstarted = await #expect(throws: Problem.self) {
                try await ServerChild.with(Self.shell, arguments: ["-c", "echo no such key >&2; exit 3"], log: log) { _ in }
            }
            #expect(unstarted?.code == "client.server.ended")
            #expect(unstarted?.what.contains("status 3") == true)
            #expect(unstarted?.why?.contains("no such key") == true)

            let ended = await #expect(throws: Problem.self) {
                try await ServerChild.with(Self.shell, arguments: ["-c", "\(Self.answering) exit 4"], log: log) { _ in
                    // Until cancelled, as a request without an answer would be.
                    try await Task.sleep(for: .seconds(600))
                }
            }
            #expect(ended?.what.contains("status 4") == true)
            let absent = await #expect(throws: Problem.self) {
                try await ServerChild.with(URL(filePath: "/nowhere/dhow"), arguments: [], log: log) { _ in }
            }
            #expect(absent?.code == "client.server.unstartable")
        }
    }

    @Test("reads processor time from a line as proc(5) describes it")
    func readsProcessorTime() {
        let line = "42 (a (b) c) S 1 42 42 0 -1 4194560 10 20 0 0 150 50 30 20 20 0 8 0 100 1000 10 184 1 1 0"
        #expect(ProcessorTime(stat: line, ticksPerSecond: 100) == ProcessorTime(own: 2, children: 0.5))
        #expect(ProcessorTime(stat: "nonsense", ticksPerSecond: 100) == nil)
        #expect(ProcessorTime.ofThisProcess().own > 0)
    }

    @Test("is found by its own announcement")
    func findsAddresses() {
        #expect(ChildOutput.address(in: "Dhow 1.0 answers at http://127.0.0.1:80 ") == "http://127.0.0.1:80")
        #expect(ChildOutput.address(in: "nobody answers at night") == nil)
    }
}
