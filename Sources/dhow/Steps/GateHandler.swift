// SPDX-License-Identifier: Apache-2.0

import Backends
import Delivery
import Domain
import Pipelines

/// `kind: gate`: judges a registered version by reported metrics and by scores on held-out rows.
///
/// `with`: `gate`, `model`, `version`, `checks`, optional `metrics` (JSON file), `scores` (CSV file), `champion` (whose scores stand beside),
/// `run`, `snapshots`.
struct GateHandler: StepHandler {
    let gates: Gates
    let blobs: any BlobStore

    func perform(_ work: HandledStep) async throws -> HandledOutcome {
        let arguments = StepArguments(work: work, blobs: blobs)
        let specification = GateSpecification(
            name: try await arguments.text("gate"), checks: try arguments.decoded("checks", as: [GateCheck].self) ?? [])
        try specification.validate()
        var evidence = GateEvidence(metrics: try await arguments.json("metrics", as: [String: Double].self) ?? [:])
        if let (digest, _) = try arguments.optionalFile("scores") {
            let pieces = try await blobs.get(digest, range: nil).bytes
            evidence.scores = try await PairedScoresParser.scores(
                from: ScorePieces(pieces: pieces), groupColumn: try specification.groupColumn())
        }
        if case .model(_, let version, _) = arguments["champion"] { evidence.scoredChampion = version }
        evidence.runID = try await arguments.optionalText("run")
        let snapshots = arguments["snapshots"]?.value?.array?.compactMap(\.text).filter { !$0.isEmpty } ?? []
        let report = try await gates.evaluate(
            specification, evidence, of: try await arguments.text("model"), version: try await arguments.integer("version"),
            heldOutSnapshots: snapshots, by: work.caller)
        guard report.outcome == .passed else {
            let reasons = report.findings.checks.filter { $0.outcome != .passed }.map { "\($0.name): \($0.reason)" }
            return .refused(
                Problem(
                    .rejected, "delivery.gate.\(report.outcome.rawValue)", "Gate '\(specification.name)' \(report.outcome.rawValue).",
                    why: reasons.joined(separator: " "), fix: "The evidence is in gate report \(report.id)."))
        }
        return .done(["outcome": .value(.string(report.outcome.rawValue)), "report": .value(.string(report.id))])
    }
}

/// The pieces of a blob under one concrete type.
private struct ScorePieces: AsyncSequence, Sendable {
    let pieces: any AsyncSequence<[UInt8], any Error> & Sendable

    struct AsyncIterator: AsyncIteratorProtocol {
        var iterator: any AsyncIteratorProtocol<[UInt8], any Error>

        mutating func next() async throws -> [UInt8]? { try await iterator.next() }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(iterator: pieces.makeAsyncIterator()) }
}
