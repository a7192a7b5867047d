// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance
import Serving

/// All that one evaluation reads, from one snapshot of the database.
struct GatheredWindow: Sendable {
    var monitor: Monitor
    var version: AnsweringVersion?
    var earlierWindow: Window?
    var judge: WindowJudge
    /// Why the window's rows cannot be read; nil when they were.
    var unreadable: String?
}

extension Monitors {
    /// Files are fetched between transactions; each asks for all it knows that it needs, so a few rounds are many.
    private static let mostFetches = 20

    /// Runs `body` in one transaction. Where it needs files of the archive, they are fetched and it is run again.
    func readingArchive<Value: Sendable>(
        _ body: @escaping @Sendable (any Transaction, ArchivedFiles?) throws -> Value
    ) async throws -> Value {
        guard let archive else { return try await governor.database.read { try body($0, nil) } }
        var files = ArchivedFiles()
        for _ in 0..<Self.mostFetches {
            let outcome = try await governor.database.read { [files] transaction -> Result<Value, ArchivedFiles.NotFetched> in
                do { return .success(try body(transaction, files)) } catch let missing as ArchivedFiles.NotFetched {
                    return .failure(missing)
                }
            }
            switch outcome {
            case .success(let value): return value
            case .failure(let missing): files = try await archive.fetch(missing, into: files)
            }
        }
        throw Problem(
            .unavailable, "monitoring.window.moving", "Predictions of this time are being archived or brought back.", fix: "Try again.")
    }

    func gather(
        _ name: String, _ window: Window, workspace: String, at now: Timestamp, in transaction: any Transaction, _ archive: ArchivedFiles?
    ) throws -> GatheredWindow {
        let monitor = try MonitorTable(transaction: transaction, workspace: workspace).require(name)
        let specification = monitor.specification
        let reader = WindowReader(
            transaction: transaction, workspace: workspace, endpoint: specification.endpoint, archive: archive)
        let evaluations = EvaluationTable(transaction: transaction, workspace: workspace)
        let before = try evaluations.windowBefore(window, of: name, hasRows: reader.hasRows(in:))
        let measures = Set((specification.checks ?? []).compactMap(\.burnMeasure))
        let references = specification.references ?? []
        let burnSpan = measures.isEmpty ? [] : [Window(start: window.end - BurnTally.longest, end: window.end)]
        try reader.require([window] + burnSpan + [before?.window].compactMap(\.self) + references.compactMap { $0.span(for: window) })

        var gathered = GatheredWindow(
            monitor: monitor, version: nil, earlierWindow: before?.window,
            judge: WindowJudge(
                specification: specification, baseline: nil, earlier: nil, standing: [],
                current: WindowSummary(features: specification.features), labels: nil, burns: [:], window: window,
                seed: StableHash.of("\(name) \(window.start.milliseconds) \(window.end.milliseconds)", salt: "day-bootstrap")))
        do {
            let main = try reader.mainVersion(in: window)
            let baseline = try main.flatMap {
                try BaselineTable(transaction: transaction, workspace: workspace).find(
                    name, $0.version.model, $0.version.version, withSamples: true)
            }
            gathered.version = main?.version
            let current = try reader.summary(
                of: window, specification, baseline: baseline?.profile, judging: main?.revisions, checkedAt: now)
            let referenceReader = ReferenceReader(
                reader: reader, specification: specification, main: main, evaluations: evaluations)
            gathered.judge = WindowJudge(
                specification: specification, baseline: baseline?.profile,
                earlier: try before.flatMap { try earlier($0.window, specification, reader) }, standing: before?.faults ?? [],
                current: current, labels: try reader.labels(of: current, window, specification, at: now),
                burns: try reader.burns(measures, endingAt: window.end),
                references: try references.map { ($0, $0.span(for: window), try referenceReader.rows(of: $0, for: window)) },
                window: window, seed: gathered.judge.seed)
        } catch let problem as Problem where ArchivedFiles.losses.contains(problem.code) {
            gathered.unreadable = [problem.what, problem.why, problem.fix].compactMap(\.self).joined(separator: " ")
        }
        return gathered
    }

    /// Nil when its rows are lost: then changes of unit cannot be looked for, which the judgement says.
    private func earlier(_ window: Window, _ specification: MonitorSpecification, _ reader: WindowReader) throws -> WindowSummary? {
        do { return try reader.summary(of: window, specification, baseline: nil, judging: []) } catch let problem as Problem
            where ArchivedFiles.losses.contains(problem.code)
        {
            return nil
        }
    }
}

extension WindowFindings {
    /// Of a window whose rows cannot be read: undecided, and told by the rule about references.
    func unjudged(because reason: String) -> WindowFindings {
        var findings = self
        findings.features = []
        findings.checks = nil
        findings.faults = []
        findings.verdict = .undecided
        findings.reasons = [reason]
        findings.missingReferences = [reason]
        findings.causes = nil
        return findings
    }
}
