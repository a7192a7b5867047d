// SPDX-License-Identifier: Apache-2.0

import Backends
import Crypto
import Domain
import Foundation
package import Governance

/// The use cases of backfills.
package struct Backfills: Sendable {
    private let governor: Governor

    package init(governor: Governor) {
        self.governor = governor
    }

    /// Writes down what is to be done; `BackfillDriver` does it. Partitions that an earlier backfill of the same pipeline, parameter and
    /// other values has done, or is to do, are skipped. The same request as one that is still open gives that one.
    package func start(_ request: BackfillRequest, by caller: Caller) async throws -> Backfill {
        let names = try request.partitions.names()
        guard (1...Backfill.mostAtOnce).contains(request.concurrency) else {
            throw Problem(
                .invalid, "pipelines.backfill.concurrency", "\(request.concurrency) executions cannot run at once.",
                fix: "Use 1 to \(Backfill.mostAtOnce).")
        }
        let digest = SHA256.hash(data: Data(try text(request).utf8)).lowercaseHexadecimal
        return try await governor.change(.executionStart, by: caller) { change in
            let table = BackfillTable(transaction: change.transaction)
            if let open = try table.open(digest: digest, in: change.workspace) { return open }
            let values = try Self.values(names, of: request, in: change)
            let backfill = Backfill(
                id: change.newIdentifier(), pipeline: request.pipeline, parameter: request.parameter, parameters: request.parameters,
                concurrency: request.concurrency, state: .running, author: caller.principal, created: change.time, ended: nil, counts: [:])
            try table.insert(backfill, in: change.workspace, digest: digest)
            var partitions: [(BackfillPartition, String)] = []
            for (position, value) in values.enumerated() {
                let key = try Self.key(of: value, request, in: change.workspace)
                var partition = BackfillPartition(position: position, value: value, state: .waiting)
                if !request.again, let holder = try table.holder(of: key) {
                    partition.state = .skipped
                    partition.execution = holder.execution
                    partition.detail = "Backfill \(holder.backfill) \(holder.state == .succeeded ? "has done it" : "does it")."
                }
                partitions.append((partition, key))
            }
            try table.insert(partitions, of: backfill.id)
            try change.record(
                "backfill.started", on: backfill.resource,
                [
                    "pipeline": .string(backfill.pipeline), "parameter": .string(backfill.parameter),
                    "partitions": .integer(Int64(partitions.count)),
                    "skipped": .integer(Int64(partitions.count { $0.0.state == .skipped })),
                ])
            return try Self.find(backfill.id, change)
        }
    }

    /// - Throws: `Problem` `.notFound`.
    package func get(_ id: String, by caller: Caller) async throws -> Backfill {
        let found = try await governor.read(.pipelineRead, by: caller) {
            try BackfillTable(transaction: $0).find(id, in: caller.workspace)
        }
        guard let found else { throw Self.unknown(id) }
        return found
    }

    /// Newest first.
    package func list(before id: String? = nil, limit: Int = 100, by caller: Caller) async throws -> [Backfill] {
        try await governor.read(.pipelineRead, by: caller) {
            try BackfillTable(transaction: $0).page(in: caller.workspace, before: id, limit: min(max(limit, 1), 1000))
        }
    }

    /// In order, after the position given.
    package func partitions(
        of id: String, after position: Int? = nil, state: BackfillPartition.State? = nil, limit: Int, by caller: Caller
    ) async throws -> [BackfillPartition] {
        let found = try await governor.read(.pipelineRead, by: caller) { transaction -> [BackfillPartition]? in
            let table = BackfillTable(transaction: transaction)
            guard try table.find(id, in: caller.workspace) != nil else { return nil }
            return try table.partitions(of: id, after: position ?? -1, in: state, limit: min(max(limit, 1), 1000))
        }
        guard let found else { throw Self.unknown(id) }
        return found
    }

    /// Nothing more is started; what runs goes on.
    package func pause(_ id: String, by caller: Caller) async throws -> Backfill {
        try await edit(id, from: .running, to: .paused, "backfill.paused", by: caller)
    }

    package func resume(_ id: String, by caller: Caller) async throws -> Backfill {
        try await edit(id, from: .paused, to: .running, "backfill.resumed", by: caller)
    }

    /// Nothing more is started, and what runs is cancelled. Cancelling an ended one changes nothing.
    package func cancel(_ id: String, by caller: Caller) async throws -> Backfill {
        try await governor.change(.executionStart, by: caller) { change in
            let table = BackfillTable(transaction: change.transaction)
            var backfill = try Self.find(id, change)
            guard backfill.ended == nil, backfill.state != .cancelled else { return backfill }
            backfill.state = .cancelled
            try table.save(backfill)
            try table.cancelWaiting(of: id)
            let executions = ExecutionTable(transaction: change.transaction)
            for partition in try table.partitions(of: id, in: .running, limit: Backfill.mostAtOnce) {
                guard let execution = try partition.execution.flatMap({ try executions.find($0) }) else { continue }
                try change.cancel(execution, because: backfill.resource)
            }
            try change.record("backfill.cancelled", on: backfill.resource)
            return try Self.find(id, change)
        }
    }

    private func edit(_ id: String, from: Backfill.State, to: Backfill.State, _ verb: String, by caller: Caller) async throws -> Backfill {
        try await governor.change(.executionStart, by: caller) { change in
            var backfill = try Self.find(id, change)
            if backfill.state == to { return backfill }
            guard backfill.state == from, backfill.ended == nil else {
                throw Problem(
                    .conflict, "pipelines.backfill.over", "Backfill '\(id)' is \(backfill.state.rawValue).", fix: "Start another one.")
            }
            backfill.state = to
            try BackfillTable(transaction: change.transaction).save(backfill)
            try change.record(verb, on: backfill.resource)
            return backfill
        }
    }

    /// The names as values of the parameter's type, and the pipeline asked whether it takes each.
    private static func values(_ names: [String], of request: BackfillRequest, in change: Change) throws -> [JSONValue] {
        guard let version = try PipelineTable(transaction: change.transaction, workspace: change.workspace).latest(request.pipeline) else {
            throw PipelineTable.unknown(request.pipeline)
        }
        let specification = try PlannedPipelines.shared.plan(version, in: change.workspace).specification
        let type = specification.parameters.first { $0.name == request.parameter }?.type
        guard request.parameters[request.parameter] == nil else {
            throw Problem(
                .invalid, "pipelines.backfill.parameter", "The parameter '\(request.parameter.printable)' has a value of its own.",
                fix: "Leave it out: the backfill gives it one value after the other.")
        }
        return try names.map { name in
            var parameters = request.parameters
            let value: JSONValue =
                switch type {
                case .integer: Int64(name).map { .integer($0) } ?? .string(name)
                case .number: Int64(name).map { .integer($0) } ?? Double(name).flatMap { $0.isFinite ? .number($0) : nil } ?? .string(name)
                case .boolean: name == "true" ? true : name == "false" ? false : .string(name)
                default: .string(name)
                }
            parameters[request.parameter] = value
            _ = try specification.resolveParameters(parameters)
            return value
        }
    }

    private static func key(of value: JSONValue, _ request: BackfillRequest, in workspace: String) throws -> String {
        let parts: JSONValue = [
            .string(workspace), .string(request.pipeline), .string(request.parameter), value, .object(request.parameters),
        ]
        return SHA256.hash(data: Data(parts.jsonText.utf8)).lowercaseHexadecimal
    }

    private static func find(_ id: String, _ change: Change) throws -> Backfill {
        guard let backfill = try BackfillTable(transaction: change.transaction).find(id, in: change.workspace) else { throw unknown(id) }
        return backfill
    }

    private static func unknown(_ id: String) -> Problem {
        Problem(.notFound, "pipelines.backfill.unknown", "There is no backfill '\(id.printable)'.", fix: "List them: dhow backfill list.")
    }
}
