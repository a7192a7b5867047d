// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Governance
import Pipelines
import Registry
import Tracking

/// How a version came to be: version, run, snapshots, commit, execution and what caused it.
extension LineageQuery {
    func version(_ number: Int64, of model: String, by caller: Caller) async throws -> LineageNode {
        let name = "\(model) \(number)"
        return try await link(.version, name) {
            let version = try await registry.version(model, .number(number), by: caller)
            var node = Self.node(of: version)
            node.children = [try await run(of: version, by: caller)]
            for id in version.snapshots { node.children.append(try await snapshot(id, by: caller)) }
            if version.snapshots.isEmpty { node.children.append(LineageNode(.snapshot, missing: "The version names no snapshots.")) }
            node.children += [commit(of: version), try await execution(of: version, by: caller)]
            return node
        }
    }

    /// The version alone.
    static func node(of version: ModelVersion) -> LineageNode {
        LineageNode(
            .version, "\(version.model) \(version.number)",
            facts: [
                "registered by": version.author, "registered": version.created.text, "content": version.content.description,
                "files": "\(version.files.count)", "aliases": version.aliases.isEmpty ? nil : version.aliases.joined(separator: ", "),
            ],
            claims: [
                LedgerClaim(
                    version.resource, "version.registered",
                    expecting: [
                        "content": .string(version.content.description), "files": .integer(Int64(version.files.count)),
                        "run": .optional(version.runID), "execution": .optional(version.executionID),
                        "commit": .optional(version.codeCommit), "snapshots": .array(version.snapshots.map { .string($0) }),
                    ])
            ])
    }

    private func run(of version: ModelVersion, by caller: Caller) async throws -> LineageNode {
        guard let id = version.runID else { return LineageNode(.run, missing: "The version names no run.") }
        return try await run(id, by: caller)
    }

    func run(_ id: String, by caller: Caller) async throws -> LineageNode {
        try await link(.run, id) {
            let run = try await runs.get(id, by: caller)
            var node = LineageNode(
                .run, id,
                facts: [
                    "name": run.name, "status": run.status.rawValue, "author": run.author, "started": run.started.text,
                    "ended": run.ended?.text,
                ],
                claims: [
                    LedgerClaim("run/\(id)", "run.created", expecting: ["experiment": .integer(run.experiment)]),
                    .later("run/\(id)", "run.finished"),
                ])
            node.facts += run.metrics.sorted { $0.key < $1.key }.map { ("metric \($0.key)", "\($0.value)") }
            return node
        }
    }

    func snapshot(_ id: String, by caller: Caller) async throws -> LineageNode {
        try await link(.snapshot, id) {
            let snapshot = try await snapshots.get(id, by: caller)
            let labels = snapshot.labels
            return LineageNode(
                .snapshot, id,
                facts: [
                    "dataset": "\(snapshot.dataset), number \(snapshot.ordinal)", "recorded by": snapshot.author,
                    "recorded": snapshot.recorded.text, "rows": snapshot.rowCount.map { "\($0)" },
                    "jurisdiction": labels.jurisdiction ?? "not stated",
                    "classifications": labels.classifications.isEmpty ? "none stated" : labels.classifications.joined(separator: ", "),
                ],
                claims: [
                    LedgerClaim(
                        "snapshot/\(snapshot.dataset)/\(id)", "snapshot.recorded",
                        expecting: [
                            "ordinal": .integer(snapshot.ordinal), "files": .integer(Int64(snapshot.files.count)),
                            "rows": snapshot.rowCount.map { .integer($0) } ?? .null, "jurisdiction": .optional(labels.jurisdiction),
                            "classifications": .array(labels.classifications.map { .string($0) }),
                        ])
                ])
        }
    }

    /// A commit is a name only: what it holds is known where the code lives.
    private func commit(of version: ModelVersion) -> LineageNode {
        guard let commit = version.codeCommit else { return LineageNode(.commit, missing: "The version names no commit.") }
        return LineageNode(
            .commit, commit, facts: ["environment lock": version.environmentLock],
            claims: [LedgerClaim(version.resource, "version.registered", expecting: ["commit": .string(commit)])])
    }

    private func execution(of version: ModelVersion, by caller: Caller) async throws -> LineageNode {
        guard let id = version.executionID else {
            return LineageNode(.execution, missing: "The version names no execution; it was not registered by a pipeline.")
        }
        return try await execution(id, by: caller)
    }

    func execution(_ id: String, by caller: Caller) async throws -> LineageNode {
        try await link(.execution, id) {
            let execution = try await executions.get(id, by: caller).execution
            var node = LineageNode(
                .execution, id,
                facts: [
                    "pipeline": "\(execution.pipeline) version \(execution.pipelineVersion)", "status": execution.status.rawValue,
                    "started by": execution.startedBy.qualifiedName, "started": execution.created.text, "ended": execution.ended?.text,
                    "cause": execution.cause,
                ],
                claims: [
                    LedgerClaim(
                        execution.resource, "execution.started",
                        expecting: [
                            "pipeline": .string(execution.pipeline), "version": .integer(Int64(execution.pipelineVersion)),
                            "cause": .optional(execution.cause),
                        ]),
                    .later(execution.resource, "execution.succeeded", "execution.failed", "execution.cancelled"),
                ])
            if let cause = execution.cause { node.children = [self.cause(cause)] }
            return node
        }
    }

    /// A trigger names the entry it answered: `trigger/NAME on ENTRY`.
    private func cause(_ text: String) -> LineageNode {
        guard let entry = text.split(separator: " ").last.map(String.init), text.contains(" on ") else {
            return LineageNode(.cause, text, missing: "The cause names no ledger entry.")
        }
        return LineageNode(.cause, text, claims: [LedgerClaim(entry: entry)])
    }
}

extension JSONValue {
    static func optional(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
}

extension Timestamp {
    /// RFC 3339 in UTC with milliseconds.
    var text: String {
        Date(timeIntervalSince1970: Double(milliseconds) / 1000).formatted(
            .iso8601.year().month().day().time(includingFractionalSeconds: true))
            + "Z"
    }
}
