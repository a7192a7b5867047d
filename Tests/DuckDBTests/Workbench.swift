// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import DuckDB
import Foundation

/// The engine over a folder of its own, with the program that `make setup` installs.
struct Workbench {
    let engine: DuckDBEngine
    let folder: AnalysisFolder
    let root: String

    static let program: DuckDBProgram = {
        let project = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return DuckDBProgram.locate(explicit: nil, environment: ProcessInfo.processInfo.environment, besides: [project.path])
    }()

    static func with<Result>(_ body: (Workbench) async throws -> Result) async throws -> Result {
        let root = FileManager.default.temporaryDirectory.appending(path: "duckdb-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: root) }
        let runner = try ProcessStepRunner(folder: root + "/steps")
        return try await AnalysisFolder.with(in: root + "/analysis", named: "one") { folder in
            try await body(Workbench(engine: DuckDBEngine(program: program, runner: runner), folder: folder, root: root))
        }
    }

    func csv(_ text: String, columns: [String], as name: String = "t", limits: AnalyticalLimits = AnalyticalLimits()) async throws
        -> AnalyticalTable
    {
        try await csv(Array(text.utf8), columns: columns, as: name, limits: limits)
    }

    func csv(
        _ bytes: [UInt8], columns: [String], as name: String = "t", limits: AnalyticalLimits = AnalyticalLimits()
    ) async throws -> AnalyticalTable {
        try await folder.receive(Once(bytes: bytes), as: name + ".csv")
        return try await engine.load(AnalyticalSource(.csv(columns: columns), files: [name + ".csv"]), as: name, in: folder, limits: limits)
    }

    func answer(
        _ queries: [String], over table: AnalyticalTable, projection: [String] = [], rows: Int = 10,
        limits: AnalyticalLimits = AnalyticalLimits()
    ) async throws -> [AnalyticalOutcome] {
        try await engine.answer(
            queries.map { AnalyticalQuery($0, maximumRows: rows) }, over: [AnalyticalRelation("data", table, projection: projection)],
            in: folder, limits: limits
        ).outcomes
    }
}

struct Once: AsyncSequence, Sendable {
    var bytes: [UInt8]

    func makeAsyncIterator() -> Iterator { Iterator(bytes: bytes) }

    struct Iterator: AsyncIteratorProtocol {
        var bytes: [UInt8]?

        mutating func next() async throws -> [UInt8]? {
            defer { bytes = nil }
            return bytes
        }
    }
}
