// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Governance
import Pipelines
import Streaming
import TestSupport
import Testing

@Suite("What streams can be asked for")
struct StreamSpecificationTests {
    private static func specification(_ text: String) throws -> StreamSpecification {
        try JSONDecoder().decode(StreamSpecification.self, from: Data(#"{"name": "s", "#.utf8) + Data(text.utf8) + Data("}".utf8))
    }

    @Test(
        "is one place, records of something or events, and settings that belong to them",
        arguments: [
            #""from": {"http": {}}, "records": "labels", "endpoint": "e""#,
            #""from": {"files": {"pattern": "in/*.CSV"}}, "records": "features", "service": "f""#,
            #""from": {"redis": {"server": "[::1]:6379", "key": "k", "start": "end", "passwordSecret": "p"}}, "records": "predictions", "endpoint": "e""#,
            #""to": {"kafka": {"servers": ["a:9092", "b.c:1"], "topic": "t", "mechanism": "PLAIN"}}, "events": ["*"], "mode": "binary", "subject": "model/m""#,
        ])
    func good(text: String) throws {
        try Self.specification(text).check(watching: WatchedFolders(["incoming": "/x"]))
    }

    @Test(
        "else it is refused with the reason",
        arguments: [
            (#""records": "labels""#, "neither"), (#""from": {"http": {}}, "to": {"http": {}}, "records": "labels""#, "both"),
            (#""from": {"http": {}}, "endpoint": "e""#, "what its records are"),
            (#""from": {"http": {}}, "records": "labels""#, "of an endpoint"),
            (#""from": {"http": {}}, "records": "features", "endpoint": "e""#, "feature service"),
            (#""from": {}, "records": "labels", "endpoint": "e""#, "0 places"),
            (#""from": {"files": {"pattern": "*.parquet"}}, "records": "labels", "endpoint": "e""#, "what the files hold"),
            (#""from": {"files": {"pattern": "*.csv", "root": "else"}}, "records": "labels", "endpoint": "e""#, "watches no folder"),
            (#""from": {"redis": {"server": "nowhere", "key": "k"}}, "records": "labels", "endpoint": "e""#, "not a server"),
            (
                #""from": {"redis": {"server": "h:1", "key": "k", "maximumLength": 5}}, "records": "labels", "endpoint": "e""#,
                "'maximumLength'"
            ),
            (#""to": {"http": {}}, "events": ["*"]"#, "brokers"), (#""to": {"redis": {"server": "h:1", "key": "k"}}"#, "0 events"),
            (#""to": {"redis": {"server": "h:1", "key": "k", "start": "end"}}, "events": ["*"]"#, "'start'"),
        ])
    func bad(text: String, reason: String) throws {
        let specification = try Self.specification(text)
        let problem = #expect(throws: Problem.self) { try specification.check(watching: WatchedFolders(["incoming": "/x"])) }
        #expect(problem?.why?.contains(reason) == true, "\(String(describing: problem))")
    }

    @Test("gives a password to the servers that its secret names, and to no other")
    func passwords() throws {
        let servers = [BrokerPlace.Server(host: "a", port: 1), BrokerPlace.Server(host: "::1", port: 2)]
        func password(_ secret: String) throws -> String { try StreamConnections.password(in: secret, named: "s", for: servers) }
        #expect(try password(#"{"a:1": "p", "[::1]:2": "p", "b:1": "q"}"#) == "p")
        for secret in ["p", #"{"a:1": "p"}"#, #"{"a:1": "p", "[::1]:2": "q"}"#, #"{"a:1": 7, "[::1]:2": "p"}"#] {
            let problem = #expect(throws: Problem.self) { try password(secret) }
            #expect(problem?.code == "streams.secret.unbound" && problem?.description.contains("\"p\"") == false)
        }
    }

    @Test("stays as it is when it is applied again, and begins anew at another place", arguments: TestDatabase.allCases)
    func applying(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let first = try await world.stream(from: StreamPlace(files: .init(pattern: "*.csv")))
            #expect(try await world.stream(from: StreamPlace(files: .init(pattern: "*.csv"))) == first)
            let carrier = StreamCarrier(
                first, in: World.workspace, as: "one", from: ListedSource([event("1", ["prediction": "a", "value": 1])]), world.governor)
            #expect(try await carrier.turn() == 1)
            #expect(try await world.streams.show("s", by: world.caller).positions.map(\.position) == ["1"])
            let second = try await world.stream(from: StreamPlace(files: .init(pattern: "*.jsonl")))
            #expect(second.generation == 2)
            #expect(try await world.streams.show("s", by: world.caller).positions.isEmpty)
            try await world.streams.delete("s", by: world.caller)
            #expect(try await world.rows(of: "stream_progress") == 0)
            #expect(try await world.label("a") == 1)
        }
    }
}
