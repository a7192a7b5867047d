// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite("Data contracts on the command line")
struct ContractStory {
    private static let project = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private static let flights = project.appending(path: "Tests/Golden/contracts/flights.csv")
    private static let duckdb = project.appending(path: ".runtime/duckdb/duckdb").path

    @Test("a snapshot is recorded, a contract drafted, applied and checked; a broken successor is refused and its schema classified")
    func story() async throws {
        try await withServer(["--duckdb", Self.duckdb]) { server in
            let environment = ["DHOW_DATA": server.folder.path]
            let good = Self.flights
            let bad = server.folder.appending(path: "broken.csv")
            let lines = try String(contentsOf: good, encoding: .utf8).split(separator: "\n")
            try ([lines[0].replacing("distance", with: "miles")] + [lines[1].replacing("UA", with: "??")] + lines[2...])
                .joined(separator: "\n").write(to: bad, atomically: true, encoding: .utf8)
            for file in [good, bad] {
                let recorded = try await Command.dhow("snapshot", "record", "flights", "--file", file.path, environment: environment)
                #expect(recorded.status == 0, "\(recorded.errors)")
            }
            let draft = try await Command.dhow("snapshot", "draft-contract", "flights@1", environment: environment)
            let document = server.folder.appending(path: "contract.yaml")
            try draft.output.write(to: document, atomically: true, encoding: .utf8)
            let applied = try await Command.dhow("apply", document.path, "--source", "tests", environment: environment)
            #expect(applied.status == 0, "\(applied.output) \(applied.errors)")

            let passed = try await Command.dhow("contract", "check", "flights", "flights@1", environment: environment)
            #expect(passed.status == 0, "\(passed.output) \(passed.errors)")
            let failed = try await Command.dhow("contract", "check", "flights", "flights@0", environment: environment)
            #expect(failed.status == 10, "\(failed.output) \(failed.errors)")
            #expect(failed.output.contains("The column is not there.") && failed.output.contains("'??', row 1"), "\(failed.output)")
            let unknown = try await Command.dhow("contract", "check", "none", "flights@0", environment: environment)
            #expect(unknown.status == 66, "\(unknown.errors)")
            let reports = try await Command.dhow("contract", "reports", "flights", environment: environment)
            #expect(reports.output.split(separator: "\n").count == 3, "\(reports.output)")
            let evolution = try await Command.dhow("snapshot", "evolution", "flights@1", "flights@0", environment: environment)
            #expect(evolution.output.contains("The change of the schema is breaking."), "\(evolution.output)")
            #expect(evolution.output.contains("It may be called 'miles' now"), "\(evolution.output)")
        }
    }

    @Test("files are judged without a server; without DuckDB it is said how to get it")
    func files() async throws {
        try await withTemporaryFolder { folder in
            let contract = folder.appending(path: "contract.yaml")
            try """
            apiVersion: dhow/v1
            kind: DataContract
            metadata: {name: flights}
            spec:
              columns:
                - {name: carrier, type: text, matches: '[A-Z0-9]{2}', labels: [personal]}
                - {name: distance, type: integer, range: {from: 1000}}
            """.write(to: contract, atomically: true, encoding: .utf8)
            let failed = try await Command.dhow(
                "contract", "check", "--file", contract.path, Self.flights.path, "--duckdb", Self.duckdb, "--json")
            #expect(failed.status == 10, "\(failed.errors)")
            #expect(failed.output.contains("\"outcome\" : \"failed\""), "\(failed.output)")
            let missing = try await Command.dhow(
                "contract", "check", "--file", contract.path, Self.flights.path, "--duckdb", "/nonexistent")
            #expect(missing.status == 75)
            #expect(missing.errors.contains("make setup"), "\(missing.errors)")
            let nowhere = try await Command.dhow("contract", "check", "--file", contract.path, "/nonexistent.csv", "--duckdb", Self.duckdb)
            #expect(nowhere.status == 66, "\(nowhere.errors)")
        }
    }
}
