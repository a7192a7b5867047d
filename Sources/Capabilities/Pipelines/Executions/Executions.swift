// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain
package import Governance
package import Tracking

/// The use cases of executions.
package struct Executions: Sendable {
    private let governor: Governor
    private let snapshots: SnapshotCatalogue
    private let blobs: any BlobStore
    private let runner: any StepRunner

    package init(governor: Governor, snapshots: SnapshotCatalogue, blobs: any BlobStore, runner: any StepRunner) {
        self.governor = governor
        self.snapshots = snapshots
        self.blobs = blobs
        self.runner = runner
    }

    /// Starts an execution of the newest version; a worker takes it up at once.
    ///
    /// Values of snapshot parameters may be ids, or `DATASET@N` for the N-th newest snapshot of a dataset (0 is the newest); they are
    /// resolved now and stay what they are.
    package func start(_ pipeline: String, parameters: [String: JSONValue], by caller: Caller) async throws -> Execution {
        try await governor.change(.executionStart, by: caller) { change in
            try Self.insert(pipeline, parameters, startedBy: caller.principal, cause: nil, in: change)
        }
    }

    /// The part of `start` that a trigger shares, inside a change.
    static func insert(
        _ pipeline: String, _ parameters: [String: JSONValue], startedBy: Principal, cause: String?, in change: Change
    ) throws -> Execution {
        guard let version = try PipelineTable(transaction: change.transaction, workspace: change.workspace).latest(pipeline) else {
            throw PipelineTable.unknown(pipeline)
        }
        let specification = try PipelineParser.parse(version.document)
        var values = try specification.resolveParameters(parameters)
        for parameter in specification.parameters where parameter.type == .snapshot {
            guard let reference = values[parameter.name]?.text else { continue }
            let snapshots = SnapshotTable(transaction: change.transaction, workspace: change.workspace)
            values[parameter.name] = .string(try resolve(reference, of: parameter.name, among: snapshots))
        }
        let plan: ExecutionPlan
        do {
            plan = try ExecutionPlan(specification)
        } catch let refusal {
            throw refusal.problem
        }
        let execution = Execution(
            id: change.newIdentifier(), workspace: change.workspace, pipeline: pipeline, pipelineVersion: version.version,
            parameters: values,
            state: ExecutionState(plan), status: .running, startedBy: startedBy, cause: cause, created: change.time, ended: nil)
        try ExecutionTable(transaction: change.transaction).insert(execution)
        let used = specification.parameters.filter { $0.type == .snapshot }.compactMap { values[$0.name]?.text }.filter { !$0.isEmpty }
        try LineageEdgeTable(transaction: change.transaction, workspace: change.workspace).insert(
            used.map { LineageEdge(from: .snapshot, $0, to: .execution, execution.id) })
        try change.record(
            "execution.started", on: execution.resource,
            ["pipeline": .string(pipeline), "version": .integer(Int64(version.version)), "cause": cause.map { .string($0) } ?? .null])
        return execution
    }

    private static func resolve(_ reference: String, of parameter: String, among snapshots: SnapshotTable) throws -> String {
        if reference.isEmpty { return "" }
        let parts = reference.split(separator: "@", omittingEmptySubsequences: false)
        if parts.count == 2, let offset = Int(parts[1]), (0...10_000).contains(offset) {
            guard let snapshot = try snapshots.latest(of: String(parts[0]), offset: offset, count: 1).first else {
                throw Problem(
                    .notFound, "pipelines.snapshot.unknown",
                    "Dataset '\(String(parts[0]).printable)' has no snapshot number \(offset) from the newest.",
                    fix: "Record one: dhow snapshot record DATASET --file FILE.")
            }
            return snapshot.id
        }
        guard let snapshot = try snapshots.find(reference) else {
            throw Problem(
                .notFound, "pipelines.snapshot.unknown",
                "Parameter '\(parameter)' names the snapshot '\(reference.printable)', which does not exist.",
                fix: "Give a snapshot's id, or DATASET@0 for the newest of a dataset.")
        }
        return snapshot.id
    }

    package func get(_ id: String, by caller: Caller) async throws -> (execution: Execution, attempts: [Attempt], results: [StepResult]) {
        let found = try await governor.read(.pipelineRead, by: caller) { transaction -> (Execution, [Attempt], [StepResult])? in
            let table = ExecutionTable(transaction: transaction)
            guard let execution = try table.find(id), execution.workspace == caller.workspace else { return nil }
            return (execution, try table.attempts(of: id), try table.results(of: id))
        }
        guard let found else { throw Self.unknown(id) }
        return found
    }

    package func list(pipeline: String?, before id: String?, limit: Int, by caller: Caller) async throws -> [Execution] {
        let limit = min(max(limit, 1), 1000)
        return try await governor.read(.pipelineRead, by: caller) {
            try ExecutionTable(transaction: $0).page(in: caller.workspace, pipeline: pipeline, before: id, limit: limit)
        }
    }

    /// Asks for the end of an execution; what runs gets SIGTERM, what waits is not started. Cancelling an ended one changes nothing.
    package func cancel(_ id: String, by caller: Caller) async throws -> Execution {
        try await governor.change(.executionStart, by: caller) { change in
            let table = ExecutionTable(transaction: change.transaction)
            guard var execution = try table.find(id), execution.workspace == change.workspace else { throw Self.unknown(id) }
            if execution.ended == nil, execution.state.apply(.cancelRequested) {
                execution.status = execution.state.status
                try table.save(execution)
                try change.record("execution.cancelling", on: execution.resource)
            }
            return execution
        }
    }

    /// Up to `limit` bytes of an attempt's output from `offset`, while it runs and after; nothing when it never began to run.
    package func log(of id: String, step: String, attempt number: Int?, from offset: Int64, limit: Int, by caller: Caller) async throws
        -> [UInt8]
    {
        guard offset >= 0 else {
            throw Problem(.invalid, "pipelines.log.offset", "The offset \(offset) is negative.", fix: "Count from 0.")
        }
        let limit = min(max(limit, 1), 1 << 20)
        var attempt = try await attempt(of: id, step, number, by: caller)
        if attempt.log == nil, attempt.ended == nil {
            do {
                return try await runner.log(of: StepFolders.attemptID(id, step, attempt.number), from: offset, limit: limit)
            } catch let problem as Problem where problem.kind == .notFound {
                // It ended between the two questions, or runs on another machine.
                attempt = try await self.attempt(of: id, step, attempt.number, by: caller)
            }
        }
        guard let log = attempt.log, let info = try await blobs.info(log), offset < info.size else { return [] }
        var bytes: [UInt8] = []
        for try await chunk in try await blobs.get(log, range: offset..<min(info.size, offset + Int64(limit))).bytes { bytes += chunk }
        return bytes
    }

    private func attempt(of id: String, _ step: String, _ number: Int?, by caller: Caller) async throws -> Attempt {
        let attempts = try await get(id, by: caller).attempts.filter { $0.step == step }
        guard let attempt = number.map({ number in attempts.first { $0.number == number } }) ?? attempts.last else {
            throw Problem(
                .notFound, "pipelines.attempt.unknown", "Step '\(step.printable)' of execution '\(id.printable)' has no such attempt.")
        }
        return attempt
    }

    static func unknown(_ id: String) -> Problem {
        Problem(
            .notFound, "pipelines.execution.unknown", "There is no execution '\(id.printable)'.", fix: "List them: dhow execution list.")
    }
}
