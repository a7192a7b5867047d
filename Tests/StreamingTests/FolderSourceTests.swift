// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Pipelines
import Streaming
import Testing

@Suite("Files in a watched folder")
struct FolderSourceTests {
    /// A folder with a source over it, whose time is moved by hand.
    private struct Folder: Sendable {
        let url: URL
        let clock = HandClock()

        static func with(_ body: (Folder) async throws -> Void) async throws {
            let url = FileManager.default.temporaryDirectory.appending(path: "streams-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: url) }
            try await body(Folder(url: url))
        }

        func source(_ pattern: String) throws -> FolderSource {
            FolderSource(root: "incoming", at: url.path, folder: nil, pattern: try SourcePattern(pattern), clock: clock, nap: { _ in })
        }

        func write(_ text: String, to name: String) throws {
            try Data(text.utf8).write(to: url.appending(path: name))
        }

        /// All that there is, look by look.
        func drain(_ source: FolderSource, _ positions: inout [String: String], limit: Int = 100) async throws -> [SourceRecord] {
            var records: [SourceRecord] = []
            for _ in 0..<20 {
                let batch = try await source.next(after: positions, limit: limit, waiting: .zero)
                positions.merge(batch.moves) { $1 }
                records += batch.records
                clock.move(by: .seconds(2))
            }
            return records
        }
    }

    private func data(_ record: SourceRecord) throws -> JSONValue {
        guard case .json(let data) = try CloudEvent(headers: record.headers, body: record.body, isEncoded: false).content else {
            return .null
        }
        return data
    }

    @Test("are taken row by row, each file once by its content, also after a restart in the middle")
    func once() async throws {
        try await Folder.with { folder in
            try folder.write("prediction,value,note\na,1,\"x, \"\"y\"\"\"\nb,0.5,\n", to: "1.csv")
            try folder.write("prediction,value\nc,true\nd,007\n", to: "2.csv")
            var positions: [String: String] = [:]
            let first = try folder.source("*.csv")
            #expect(try await first.next(after: positions, limit: 1, waiting: .zero) == SourceBatch())
            folder.clock.move(by: .seconds(2))
            let batch = try await first.next(after: positions, limit: 1, waiting: .zero)
            positions.merge(batch.moves) { $1 }
            #expect(try batch.records.map(data) == [["prediction": "a", "value": 1, "note": "x, \"y\""]])
            #expect(batch.records.map(\.place) == ["incoming/1.csv:2"])

            let second = try folder.source("*.csv")
            let rest = try await folder.drain(second, &positions, limit: 2)
            #expect(
                try rest.map(data) == [
                    ["prediction": "b", "value": 0.5, "note": .null], ["prediction": "c", "value": true],
                    ["prediction": "d", "value": "007"],
                ])
            // The same bytes under another name are no news; other bytes under a known name are.
            try folder.write("prediction,value\nc,true\nd,007\n", to: "3.csv")
            try folder.write("prediction,value\ne,1\n", to: "1.csv")
            #expect(try await folder.drain(second, &positions).map(data) == [["prediction": "e", "value": 1]])
            #expect(try await folder.drain(try folder.source("*.csv"), &positions).isEmpty)
        }
    }

    @Test("are not looked at while they are written")
    func growing() async throws {
        try await Folder.with { folder in
            let source = try folder.source("*.jsonl")
            let handle = folder.url.appending(path: "a.jsonl")
            try folder.write("{\"x\": 1}\n", to: "a.jsonl")
            #expect(try await source.next(after: [:], limit: 10, waiting: .zero).records.isEmpty)
            folder.clock.move(by: .seconds(2))
            let file = try FileHandle(forWritingTo: handle)
            try file.seekToEnd()
            try file.write(contentsOf: Data("{\"x\": 2}\n".utf8))
            try file.close()
            #expect(try await source.next(after: [:], limit: 10, waiting: .zero).records.isEmpty)
            folder.clock.move(by: .seconds(2))
            #expect(try await source.next(after: [:], limit: 10, waiting: .zero).records.count == 2)
        }
    }

    @Test("give bad rows with what is wrong with them, and the others")
    func badRows() async throws {
        try await Folder.with { folder in
            try folder.write(
                "{\"x\": 1}\n\nnonsense\n{\"specversion\":\"1.0\",\"id\":\"own\",\"source\":\"/s\",\"type\":\"t\",\"data\":{}}\n",
                to: "a.ndjson")
            try folder.write("a,b\n1\n2,3\n4,\"5\n", to: "b.csv")
            try folder.write("a,a\n1,2\n", to: "c.csv")
            var positions: [String: String] = [:]
            let lines = try await folder.drain(try folder.source("*.ndjson"), &positions)
            #expect(lines.map { $0.fault?.code } == [nil, "streams.row.malformed", nil])
            #expect(lines[1].body == Array("nonsense".utf8) && lines[1].place == "incoming/a.ndjson:3")
            #expect(try CloudEvent(headers: lines[2].headers, body: lines[2].body, isEncoded: false).id == "own")
            let rows = try await folder.drain(try folder.source("*.csv"), &positions)
            #expect(rows.map { $0.fault == nil } == [false, true, false, false])
        }
    }
}
