// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
import Foundation
import Synchronization

/// DuckDB's command-line program as a child process under the step runner's supervisor: one process for each call, gone with it.
///
/// What keeps a query from more than its tables stands in `DuckDBScript`; around it the step runner keeps time, memory and disk, in a
/// sandbox without network where the machine has one.
package struct DuckDBEngine: AnalyticalEngine {
    package static let maximumQueries = 2_000
    private static let maximumLog = 4 << 20

    private let program: DuckDBProgram
    private let runner: any StepRunner
    private let abandoned = AbandonedAttempts()

    package init(program: DuckDBProgram, runner: any StepRunner) {
        self.program = program
        self.runner = runner
    }

    package var name: String { "duckdb" }

    package func load(
        _ source: AnalyticalSource, as name: String, in folder: AnalysisFolder, limits: AnalyticalLimits
    ) async throws -> AnalyticalTable {
        var script = DuckDBScript(limits: limits, marker: Self.newMarker(), folder: folder.path)
        let table: [String]
        switch source.format {
        case .csv(let columns):
            try Self.check(columns)
            let types = columns.map { "\(DuckDBScript.literal($0)): 'VARCHAR'" }.joined(separator: ", ")
            // Nothing is guessed: what a field is does not depend on the fields before it.
            let reading =
                "read_csv(\(DuckDBScript.list(source.files)), auto_detect = false, columns = {\(types)}, header = true, delim = ',', "
                + "quote = '\"', escape = '\"', comment = '', nullstr = '', strict_mode = true, null_padding = false, "
                + "max_line_size = 2097152, hive_partitioning = false)"
            script.add("COPY (SELECT * FROM \(reading)) TO \(DuckDBScript.literal(name + ".parquet")) (FORMAT parquet)")
            table = [name + ".parquet"]
        case .parquet:
            table = source.files
        }
        let reading = "read_parquet(\(DuckDBScript.list(table)), hive_partitioning = false)"
        script.add("SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM \(reading))", to: "columns")
        script.add("SELECT count(*) AS rows FROM \(reading)", to: "count")
        let (end, log) = try await run(script, in: folder, limits: limits)
        defer { for file in ["columns", "count"] { folder.remove(file) } }
        guard end.state == .succeeded else { throw Self.unreadable(end, log, limits) }
        if case .csv = source.format { for file in source.files { folder.remove(file) } }
        let columns = Self.rows(folder, "columns").compactMap { row -> AnalyticalTable.Column? in
            guard let name = row["column_name"] ?? nil, let type = row["column_type"] ?? nil else { return nil }
            return AnalyticalTable.Column(name: name, type: type)
        }
        let count = Self.rows(folder, "count").first?["rows"].flatMap { $0 }.flatMap { Int64($0) }
        return AnalyticalTable(
            columns: columns, rowCount: count ?? 0, files: table, processorTime: end.processorTime, peakMemoryBytes: end.peakMemoryBytes)
    }

    package func answer(
        _ queries: [AnalyticalQuery], over relations: [AnalyticalRelation], in folder: AnalysisFolder, limits: AnalyticalLimits
    ) async throws -> AnalyticalAnswer {
        precondition(queries.count <= Self.maximumQueries, "More queries than one script takes.")
        let marker = Self.newMarker()
        var script = DuckDBScript(limits: limits, marker: marker, folder: folder.path)
        for relation in relations { script.view(relation, in: folder.path) }
        script.lock(allowing: relations.flatMap(\.table.files).map { "\(folder.path)/\($0)" })
        for (number, query) in queries.enumerated() { script.query(query, number: number) }
        let (end, log) = try await run(script, in: folder, limits: limits)
        let errors = DuckDBScript.errors(in: log, marker: marker)
        var isOver = false
        let outcomes = queries.indices.map { number -> AnalyticalOutcome in
            let file = DuckDBScript.resultFile(number)
            defer { folder.remove(file) }
            guard !isOver else { return .skipped }
            guard let said = errors[number] else {
                isOver = true
                return .stopped(by: Self.limit(of: end, log))
            }
            guard let error = DuckDBError(said) else { return .rows(Self.rows(folder, file)) }
            if error.isMemory { return .stopped(by: .memory) }
            if error.isDisk { return .stopped(by: .disk) }
            return .failed(kind: error.kind, message: error.message)
        }
        return AnalyticalAnswer(outcomes: outcomes, processorTime: end.processorTime, peakMemoryBytes: end.peakMemoryBytes)
    }

    private func run(
        _ script: DuckDBScript, in folder: AnalysisFolder, limits: AnalyticalLimits
    ) async throws -> (end: AttemptEnd, log: String) {
        let program = try program.require()
        let id = "analysis-" + Self.newMarker()
        let file = id + ".sql"
        try folder.write(script.text, as: file)
        defer { folder.remove(file) }
        let attempt = AttemptSpecification(
            attemptID: id, command: [program, "-no-init", "-batch", "-no-stdin", "-f", file, ":memory:"],
            // No home, so that no file of a user's settings and no extension of theirs is found.
            environment: ["HOME": folder.path, "PATH": "/usr/bin:/bin", "TZ": "UTC", "LC_ALL": "C.UTF-8"], workingFolder: folder.path,
            timeoutSeconds: limits.seconds,
            // Beyond its own account the program needs room for its code, stacks and the files it maps.
            resources: AttemptResources(memoryBytes: limits.memoryBytes * 2 + (1 << 30), diskBytes: limits.diskBytes, processes: 256),
            isolation: .sandbox(isRequired: false, hasNetwork: false), grace: .zero)
        for id in abandoned.take() { try? await runner.forget(id) }
        try await runner.submit(attempt)
        do {
            _ = try await runner.wait(for: id)
            let end = try await runner.end(of: id) ?? AttemptEnd(state: .lost)
            let log = try await runner.log(of: id, from: 0, limit: Self.maximumLog)
            try await runner.forget(id)
            return (end, String(decoding: log, as: UTF8.self))
        } catch {
            // Nobody waits for it any more, and its files are about to go.
            try? await runner.cancel(id, grace: .zero)
            abandoned.add(id)
            throw error
        }
    }

    private static func rows(_ folder: AnalysisFolder, _ file: String) -> [[String: String?]] {
        guard let bytes = folder.read(file, limit: 64 << 20) else { return [] }
        var rows: [[String: String?]] = []
        for line in bytes.split(separator: 10) {
            guard case .object(let members)? = try? JSONDecoder().decode(JSONValue.self, from: Data(line)) else { continue }
            rows.append(members.mapValues(text))
        }
        return rows
    }

    private static func text(_ value: JSONValue) -> String? {
        switch value {
        case .null: return nil
        case .string(let text): return text
        case .integer(let number): return String(number)
        // Queries give texts only, the platform's own statements texts and whole numbers.
        default: return nil
        }
    }

    private static func limit(of end: AttemptEnd, _ log: String) -> AnalyticalLimit {
        if end.state == .timedOut { return .time }
        switch end.limit {
        case .memory: return .memory
        case .disk, .diskFull: return .disk
        case .processes, nil: break
        }
        return log.contains("Out of Memory") || log.contains("bad_alloc") || end.state == .killed(signal: 9) ? .memory : .unknown
    }

    private static func unreadable(_ end: AttemptEnd, _ log: String, _ limits: AnalyticalLimits) -> Problem {
        let error = DuckDBError(log)
        if case .failed = end.state, end.limit == nil, let error, !error.isMemory, !error.isDisk {
            return Problem(.invalid, "analysis.file.unreadable", "The files cannot be read.", why: error.fileFault)
        }
        let limit = error?.isDisk == true ? .disk : Self.limit(of: end, log)
        return limitReached(limit, limits)
    }

    static func limitReached(_ limit: AnalyticalLimit, _ limits: AnalyticalLimits) -> Problem {
        let bound =
            switch limit {
            case .time: "\(limits.seconds) seconds"
            case .memory: "\(limits.memoryBytes >> 20) MiB of memory"
            case .disk: "\(limits.diskBytes >> 20) MiB of disk"
            case .unknown: "its process, which ended without saying why"
            }
        return Problem(
            .rejected, "analysis.limit.reached", "The files could not be read within the engine's limits.", why: "It had \(bound).")
    }

    private static func check(_ columns: [String]) throws(Problem) {
        guard let first = columns.first(where: { $0.isEmpty || $0.utf8.contains(0) }) else {
            // Names of columns are the same to SQL whatever their case.
            guard Set(columns.map { $0.lowercased() }).count == columns.count else {
                throw Problem(
                    .invalid, "analysis.file.unreadable", "The files cannot be read.",
                    why: "Two columns have the same name, or names that differ in case only.")
            }
            return
        }
        throw Problem(
            .invalid, "analysis.file.unreadable", "The files cannot be read.",
            why: first.isEmpty ? "A column has no name." : "A column's name has a NUL character.")
    }

    private static func newMarker() -> String { UUID().uuidString.replacing("-", with: "").lowercased() }
}

/// Attempts that were cancelled and whose records go once they have ended, with a later call.
private final class AbandonedAttempts: Sendable {
    private let ids = Mutex<[String]>([])

    func add(_ id: String) { ids.withLock { $0.append(id) } }

    func take() -> [String] {
        ids.withLock { ids in
            defer { ids = [] }
            return ids
        }
    }
}
