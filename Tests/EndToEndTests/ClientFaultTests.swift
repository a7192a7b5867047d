// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOHTTP1
import Testing

@Suite("Clients that fail in the middle, repeat themselves or race")
struct ClientFaultTests {
    @Test("an upload that its client cuts leaves nothing, neither in the listing nor on the disk, and can be repeated")
    func cutUpload() async throws {
        let path = "/api/2.0/mlflow-artifacts/artifacts/cut/model.bin"
        let bytes = [UInt8](repeating: 7, count: 3 << 20)
        try await withServer { server in
            do {
                let connection = try RawConnection(to: server.address)
                connection.send(
                    "PUT \(path) HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(server.token)\r\nContent-Length: \(bytes.count)\r\n\r\n")
                connection.send(String(decoding: bytes.prefix(2 << 20), as: UTF8.self))
                try await eventually("the server has part of the upload", holds: { Self.incoming(server).contains { $0 > 1 << 20 } })
            }
            try await eventually("the part is removed once the connection is gone", holds: { Self.incoming(server).isEmpty })
            #expect(try await server.send(.GET, path).status == 404)
            #expect(try await server.send(.PUT, path, body: bytes).status == 200)
            #expect(try await server.send(.GET, path).body == Data(bytes))
        }
    }

    @Test("clients that stop reading hold no memory to speak of, and others are answered")
    func stalledReaders() async throws {
        let path = "/api/2.0/mlflow-artifacts/artifacts/large/model.bin"
        let size = 64 << 20
        try await withServer { server in
            #expect(try await server.send(.PUT, path, body: [UInt8](repeating: 1, count: size)).status == 200)
            let before = try Self.residentBytes(server)
            var stalled: [RawConnection] = []
            for _ in 0..<16 {
                let connection = try RawConnection(to: server.address)
                connection.send("GET \(path) HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(server.token)\r\n\r\n")
                #expect(try connection.status() == 200)
                stalled.append(connection)
            }
            for _ in 0..<50 { #expect(try await server.send(.GET, "/api/2.0/mlflow/experiments/get?experiment_id=0").status == 200) }
            let growth = try Self.residentBytes(server) - before
            #expect(growth < size, "16 stalled readers of \(size) bytes each hold \(growth) bytes")
            withExtendedLifetime(stalled) {}
        }
    }

    @Test("of two clients that move one alias at once, each move is whole, and the alias ends at one of their versions")
    func racingAliases() async throws {
        try await withServer { server in
            #expect(try await server.mlflow("registered-models/create", #"{"name":"raced"}"#).status == 200)
            for _ in 0..<2 {
                let made = try await server.mlflow("model-versions/create", #"{"name":"raced","source":"s3://bucket/model"}"#)
                #expect(made.status == 200, "\(made.text)")
            }
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for index in 0..<32 {
                    group.addTask {
                        let body = #"{"name":"raced","alias":"champion","version":"\#(index % 2 + 1)"}"#
                        return try await server.mlflow("registered-models/alias", body).status
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses == Array(repeating: 200, count: 32))
            let found = try await server.send(.GET, "/api/2.0/mlflow/registered-models/alias?name=raced&alias=champion")
            let version = (found.member("model_version") as? [String: Any])?["version"] as? String
            #expect(version == "1" || version == "2", "\(found.text)")
            let listed = try await server.send(.GET, "/api/2.0/mlflow/registered-models/get?name=raced")
            let aliases = (listed.member("registered_model") as? [String: Any])?["aliases"] as? [[String: Any]]
            #expect(aliases?.count == 1, "\(listed.text)")
        }
    }

    @Test("a batch that is repeated doubles no metric")
    func repeatedBatch() async throws {
        try await withServer { server in
            let (_, run) = try await server.run(in: "repeated")
            let metrics = (0..<100).map { #"{"key":"loss","value":\#($0).5,"timestamp":1700000000000,"step":\#($0)}"# }
            let body = #"{"run_id":"\#(run)","metrics":[\#(metrics.joined(separator: ","))],"params":[{"key":"a","value":"1"}]}"#
            for _ in 0..<3 { #expect(try await server.mlflow("runs/log-batch", body).status == 200) }
            let history = try await server.send(.GET, "/api/2.0/mlflow/metrics/get-history?run_id=\(run)&metric_key=loss")
            #expect((history.member("metrics") as? [Any])?.count == 100)
        }
    }

    private static func incoming(_ server: ServerProcess) -> [Int] {
        let folder = server.folder.appending(path: "blobs/incoming")
        let files = (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
        return files.map { (try? FileManager.default.attributesOfItem(atPath: $0.path)[.size] as? Int) ?? 0 }
    }

    private static func residentBytes(_ server: ServerProcess) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(server.processID)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
        return try #require(line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }) << 10
    }
}
