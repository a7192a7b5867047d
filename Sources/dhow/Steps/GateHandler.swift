// SPDX-License-Identifier: Apache-2.0

import Backends
import Delivery
import Domain
import Pipelines

/// `kind: gate`: judges a registered version by reported metrics and by scores on held-out rows.
///
/// `with`: `gate`, `model`, `version`, optional `checks` (for a gate that is not declared), `onInconclusive`, `metrics` (JSON file),
/// `scores`, `behaviour`, `latencies` (CSV files), `champion` (whose scores stand beside), `run`, `snapshots`, `championSnapshots`.
struct GateHandler: StepHandler {
    static let largestFile: Int64 = 64 << 20

    let gates: Gates
    let blobs: any BlobStore

    func perform(_ work: HandledStep) async throws -> HandledOutcome {
        let arguments = StepArguments(work: work, blobs: blobs)
        let doubt = try await arguments.optionalText("onInconclusive").map { text in
            guard let doubt = GateSpecification.Doubt(rawValue: text) else {
                throw Problem(.invalid, "pipelines.with.malformed", "'onInconclusive' of step '\(work.step)' is 'ask' or 'refuse'.")
            }
            return doubt
        }
        let specification = try await gates.specification(
            try await arguments.text("gate"), checks: try arguments.decoded("checks", as: [GateCheck].self), onInconclusive: doubt,
            by: work.caller.asController)
        var evidence = GateEvidence(metrics: try await metrics(arguments))
        if let (digest, _) = try arguments.optionalFile("scores") {
            let pieces = try await blobs.get(digest, range: nil).bytes
            evidence.scores = try await PairedScoresParser.scores(
                from: ScorePieces(pieces: pieces), groupColumn: try specification.groupColumn(), columns: specification.segmentColumns)
        }
        if let (digest, size) = try arguments.optionalFile("behaviour") {
            evidence.behaviour = try BehaviourCases(
                csv: try await arguments.bytes(digest, size, "behaviour", limit: Self.largestFile))
        }
        if let (digest, size) = try arguments.optionalFile("latencies") {
            evidence.latencies = try LatencyFile.milliseconds(
                csv: try await arguments.bytes(digest, size, "latencies", limit: Self.largestFile))
        }
        if case .model(_, let version, _) = arguments["champion"] { evidence.scoredChampion = version }
        evidence.championSnapshots = Self.texts(arguments["championSnapshots"])
        evidence.runID = try await arguments.optionalText("run")
        let report = try await gates.evaluate(
            specification, evidence, of: try await arguments.text("model"), version: try await arguments.integer("version"),
            heldOutSnapshots: Self.texts(arguments["snapshots"]) ?? [], by: work.caller)
        let isAskable = report.outcome == .inconclusive && specification.onInconclusive == .ask
        guard report.outcome == .passed || isAskable else {
            let reasons = report.findings.checks.filter { $0.outcome != .passed }.map { "\($0.name): \($0.reason)" }
            return .refused(
                Problem(
                    .rejected, "delivery.gate.\(report.outcome.rawValue)", "Gate '\(specification.name)' \(report.outcome.rawValue).",
                    why: reasons.joined(separator: " "), fix: "The evidence is in gate report \(report.id)."))
        }
        return .done(["outcome": .value(.string(report.outcome.rawValue)), "report": .value(.string(report.id))])
    }

    /// A file, or a value of the same content.
    private func metrics(_ arguments: StepArguments) async throws -> [String: Double] {
        guard case .output(.file(let digest, let size)) = arguments["metrics"] else {
            return try arguments.decoded("metrics", as: [String: Double].self) ?? [:]
        }
        do {
            return try ReportedMetrics.read(json: try await arguments.bytes(digest, size, "metrics"))
        } catch let error as DecodingError {
            throw Problem(
                .invalid, "pipelines.with.malformed", "The file 'metrics' of step '\(arguments.work.step)' is not the JSON expected.",
                why: "\(error)")
        }
    }

    private static func texts(_ binding: ResolvedBinding?) -> [String]? {
        binding?.value?.array?.compactMap(\.text).filter { !$0.isEmpty }
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
