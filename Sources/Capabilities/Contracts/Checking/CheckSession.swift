// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation

/// One check over a table that has been read: counts first, then examples of what failed.
struct CheckSession {
    private let check: ContractCheck
    private let columns: TypedColumns
    private let folder: AnalysisFolder
    private var relations: [AnalyticalRelation]
    private var findings: [ContractFinding] = []
    private var processorTime = Duration.zero
    private var peakMemoryBytes: Int64 = 0

    init(check: ContractCheck, columns: TypedColumns, folder: AnalysisFolder) {
        self.check = check
        self.columns = columns
        self.folder = folder
        processorTime = columns.table.processorTime
        peakMemoryBytes = columns.table.peakMemoryBytes
        relations = [
            AnalyticalRelation("data", columns.table, projection: columns.projection),
            AnalyticalRelation("raw", columns.table, projection: columns.rawProjection),
        ]
    }

    mutating func run(_ references: [String: AnalyticalSource], now: Timestamp) async throws -> ContractFindings {
        findings.append(
            ContractFinding(
                .readable, "", .passed, reason: "\(columns.table.rowCount) rows of \(columns.table.columns.count) columns were read.",
                judged: columns.table.rowCount))
        var compiler = RuleCompiler(columns)
        compiler.compile()
        try await refer(references, &compiler)
        findings += compiler.settled
        let counts = try await count(compiler.rules)
        let examples = try await examples(of: compiler.rules, counts)
        for (index, rule) in compiler.rules.enumerated() {
            findings.append(finding(rule, counts[index], examples[index] ?? []))
        }
        if let freshness = check.contract.freshness { findings.append(try await judge(freshness, now: now)) }
        let order = Dictionary(uniqueKeysWithValues: check.contract.columns.enumerated().map { ($1.name, $0) })
        let sorted = findings.enumerated().sorted { left, right in
            func place(_ finding: ContractFinding) -> Int {
                switch finding.rule {
                case .readable: -2
                case .rows, .otherColumns: -1
                case .key, .reference, .freshness, .custom: .max
                default: order[finding.subject] ?? .max
                }
            }
            return (place(left.element), left.offset) < (place(right.element), right.offset)
        }
        return ContractFindings(
            rows: columns.table.rowCount, findings: sorted.map(\.element), engine: check.engine.name,
            processorSeconds: Double(processorTime.milliseconds) / 1000, peakMemoryBytes: peakMemoryBytes)
    }

    private mutating func refer(_ references: [String: AnalyticalSource], _ compiler: inout RuleCompiler) async throws {
        var loaded: [String: AnalyticalTable] = [:]
        for (index, reference) in check.contract.references.enumerated() {
            let subject = reference.columns.joined(separator: ", ")
            guard let source = references[reference.dataset] else {
                findings.append(
                    ContractFinding(
                        .reference, subject, .inconclusive, reason: "Dataset '\(reference.dataset)' has no snapshot to look in."))
                continue
            }
            do {
                let table: AnalyticalTable
                if let known = loaded[reference.dataset] {
                    table = known
                } else {
                    table = try await check.engine.load(source, as: "reference_\(index)", in: folder, limits: check.limits)
                    loaded[reference.dataset] = table
                    processorTime += table.processorTime
                    peakMemoryBytes = max(peakMemoryBytes, table.peakMemoryBytes)
                }
                relations.append(AnalyticalRelation("reference_\(index)", table, projection: projection(of: table, for: reference)))
                compiler.compile(reference, relation: "reference_\(index)", table)
            } catch let problem as Problem where problem.code.hasPrefix("analysis.") {
                findings.append(
                    ContractFinding(
                        .reference, subject, .inconclusive,
                        reason: "Dataset '\(reference.dataset)': \([problem.what, problem.why].compactMap(\.self).joined(separator: " "))"))
            }
        }
    }

    /// The key as the types of the columns that refer to it, so that 7 and "7" are the same where the contract says whole number.
    private func projection(of table: AnalyticalTable, for reference: ContractReference) -> [String] {
        table.columns.filter { reference.key.contains($0.name) }.map { column in
            let referring = reference.key.firstIndex(of: column.name).map { reference.columns[$0] }
            let type = referring.flatMap { check.contract[$0]?.type }
            return "\(TypedColumns.typed(column, type)) AS \(SQLFragment.name(column.name))"
        }
    }

    private enum Counted {
        case counts(failing: Int64, judged: Int64?)
        case error(String)
    }

    private mutating func count(_ rules: [CompiledRule]) async throws -> [Counted] {
        var queries: [String] = []
        /// Where the counts of a rule stand: query, and its columns.
        var places: [(query: Int, failing: String, judged: String)] = Array(repeating: (0, "failing", "judged"), count: rules.count)
        for relation in ["raw", "data"] {
            let indices = rules.indices.filter {
                if case .rows(relation, _, _) = rules[$0].count { true } else { false }
            }
            for start in stride(from: 0, to: indices.count, by: ContractCheck.rulesPerPass) {
                let pass = indices[start..<min(start + ContractCheck.rulesPerPass, indices.count)]
                var selected: [String] = []
                for index in pass {
                    guard case .rows(_, let failing, let judged) = rules[index].count else { continue }
                    selected.append("count(*) FILTER (WHERE \(failing)) AS f\(index), count(*) FILTER (WHERE \(judged)) AS j\(index)")
                    places[index] = (queries.count, "f\(index)", "j\(index)")
                }
                queries.append("SELECT \(selected.joined(separator: ", ")) FROM \(relation)")
            }
        }
        for index in rules.indices {
            guard case .query(let sql) = rules[index].count else { continue }
            places[index].query = queries.count
            queries.append(sql)
        }
        var outcomes = try await ask(queries.map { AnalyticalQuery($0) })
        // A rule that cannot be asked does not take those that were asked with it along.
        let alone = rules.indices.filter { index in
            guard case .rows = rules[index].count, case .failed = outcomes[places[index].query] else { return false }
            return true
        }
        if alone.count > 1 {
            let again = alone.map { index -> AnalyticalQuery in
                guard case .rows(let relation, let failing, let judged) = rules[index].count else { return AnalyticalQuery("") }
                return AnalyticalQuery(
                    "SELECT count(*) FILTER (WHERE \(failing)) AS failing, count(*) FILTER (WHERE \(judged)) AS judged FROM \(relation)")
            }
            for (offset, index) in alone.enumerated() { places[index] = (outcomes.count + offset, "failing", "judged") }
            outcomes += try await ask(again)
        }
        return places.map { place in
            switch outcomes[place.query] {
            case .rows(let rows):
                func number(_ name: String) -> Int64? { (rows.first?[name] ?? nil).flatMap { Int64($0) } }
                guard let failing = number(place.failing) else { return .error("The engine gave no count.") }
                return .counts(failing: failing, judged: number(place.judged))
            case let other: return .error(words(other, mayQuote: !check.hidesQueries))
            }
        }
    }

    private mutating func examples(of rules: [CompiledRule], _ counts: [Counted]) async throws -> [Int: [ContractExample]] {
        var examples: [Int: [ContractExample]] = [:]
        var asked: [Int] = []
        for (index, rule) in rules.enumerated() {
            guard case .counts(let failing, _) = counts[index], failing > 0, rule.examples != nil else { continue }
            let isHidden = rule.columns.isEmpty ? check.hidesQueries && rule.rule == .custom : rule.columns.allSatisfy { check.hides($0) }
            // What is not to be seen is not even asked for.
            if isHidden {
                let names = rule.columns.isEmpty ? ["row"] : rule.columns
                examples[index] = [ContractExample(cells: names.map { ContractExample.Cell($0, ContractExample.hidden) }, rows: failing)]
            } else {
                asked.append(index)
            }
        }
        guard !asked.isEmpty else { return examples }
        let outcomes = try await ask(
            asked.map { AnalyticalQuery(rules[$0].examples ?? "", maximumRows: ContractExample.maximumCount) })
        for (index, outcome) in zip(asked, outcomes) {
            guard case .rows(let rows) = outcome else { continue }
            examples[index] = rows.map { example(rules[index], $0) }
        }
        return examples
    }

    private func example(_ rule: CompiledRule, _ row: [String: String?]) -> ContractExample {
        func number(_ name: String) -> Int64? { (row[name] ?? nil).flatMap { Int64($0) } }
        func cell(_ column: String, _ value: String?) -> ContractExample.Cell {
            ContractExample.Cell(
                column, check.hides(column) ? ContractExample.hidden : value.map { String($0.prefix(ContractExample.maximumLength)) })
        }
        if rule.columns.isEmpty, rule.rule == .custom {
            let cells = row.keys.sorted().prefix(16).map { cell($0, row[$0] ?? nil) }
            return ContractExample(cells: cells)
        }
        let isSingle = rule.columns.count == 1 && row.keys.contains("value")
        let cells = rule.columns.enumerated().map { index, column in cell(column, row[isSingle ? "value" : "c\(index)"] ?? nil) }
        return ContractExample(cells: cells, rows: number("rows"), row: number("row"))
    }

    private func finding(_ rule: CompiledRule, _ counted: Counted, _ examples: [ContractExample]) -> ContractFinding {
        switch counted {
        case .error(let reason):
            return ContractFinding(rule.rule, rule.subject, .inconclusive, rule.severity, reason: reason)
        case .counts(let failing, let judged):
            let share = Self.share(failing, of: judged)
            let isBroken = failing > 0 && (share ?? 1) > rule.tolerance
            let of = judged.map { " of \($0)" } ?? ""
            let part = share.map { " (\(Self.percent($0)))" } ?? ""
            let allowed = rule.tolerance > 0 ? "; up to \(Self.percent(rule.tolerance)) may" : ""
            let reason =
                failing == 0
                ? "None\(of.isEmpty ? "" : of) \(rule.noun) \(rule.fault)." : "\(failing)\(of) \(rule.noun)\(part) \(rule.fault)\(allowed)."
            return ContractFinding(
                rule.rule, rule.subject, isBroken ? .failed : .passed, rule.severity, reason: reason, failing: failing, judged: judged,
                examples: examples)
        }
    }

    private mutating func judge(_ freshness: Freshness, now: Timestamp) async throws -> ContractFinding {
        let severity = freshness.severity ?? .error
        func finding(_ outcome: ContractFinding.Outcome, _ reason: String) -> ContractFinding {
            ContractFinding(.freshness, freshness.column, outcome, severity, reason: reason)
        }
        guard let column = columns.found(freshness.column), let within = freshness.duration else {
            return finding(.failed, "The column is not there.")
        }
        let type = check.contract[freshness.column]?.type ?? .time
        let value = "CAST(\(TypedColumns.typed(column, type)) AS TIMESTAMPTZ)"
        let sql = "SELECT CAST(epoch_ms(max(\(value))) AS BIGINT) AS newest FROM raw"
        switch try await ask([AnalyticalQuery(sql)])[0] {
        case .rows(let rows):
            guard let newest = (rows.first?["newest"] ?? nil).flatMap({ Int64($0) }) else {
                return finding(.failed, "No row has a time.")
            }
            let age = now - Timestamp(milliseconds: newest)
            let time = check.hides(freshness.column) ? ContractExample.hidden : Self.time(newest)
            let reason = "The newest row is of \(time), \(Self.words(age)) before the check; \(freshness.within) is allowed."
            return finding(age <= within ? .passed : .failed, reason)
        case let other: return finding(.inconclusive, words(other, mayQuote: false))
        }
    }

    private mutating func ask(_ queries: [AnalyticalQuery]) async throws -> [AnalyticalOutcome] {
        guard !queries.isEmpty else { return [] }
        let answer = try await check.engine.answer(queries, over: relations, in: folder, limits: check.limits)
        processorTime += answer.processorTime
        peakMemoryBytes = max(peakMemoryBytes, answer.peakMemoryBytes)
        return answer.outcomes
    }

    /// Why there is no answer. Messages about the form of a query repeat the query; those of its work may repeat values.
    private func words(_ outcome: AnalyticalOutcome, mayQuote: Bool) -> String {
        switch outcome {
        case .rows: return ""
        case .failed(let kind, let message):
            let isForm = ["Parser Error", "Binder Error", "Catalog Error", "Permission Error"].contains(kind)
            guard isForm || mayQuote else { return "The rule cannot be judged: \(kind)." }
            return "The rule cannot be judged: \(kind): \(message.prefix(500).replacing("\n", with: " "))"
        case .stopped(let limit):
            return "The rule cannot be judged: the engine reached its limit of \(limit == .unknown ? "its process" : limit.rawValue)."
        case .skipped: return "The rule was not judged: the engine had reached a limit before."
        }
    }

    private static func share(_ failing: Int64, of judged: Int64?) -> Double? {
        judged.flatMap { $0 > 0 ? Double(failing) / Double($0) : nil }
    }

    private static func percent(_ share: Double) -> String {
        let percent = share * 100
        if percent > 0, percent < 0.01 { return "below 0.01 %" }
        return "\((percent * 100).rounded() / 100) %"
    }

    private static func time(_ milliseconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(milliseconds) / 1000).formatted(.iso8601)
    }

    private static func words(_ age: Duration) -> String {
        let minutes = age.milliseconds / 60_000
        if minutes < 0 { return "not" }
        if minutes < 120 { return "\(minutes) minutes" }
        return minutes < 4_320 ? "\(minutes / 60) hours" : "\(minutes / 1_440) days"
    }
}
