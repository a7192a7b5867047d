// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain
package import Governance
package import Tracking

/// The use cases of executions.
package struct Executions: Sendable {
    let governor: Governor
    private let snapshots: SnapshotCatalogue
    let blobs: any BlobStore
    let runner: any StepRunner
    let secret: @Sendable (_ name: String, _ workspace: String) async throws -> String

    /// - Parameter secret: The value of a secret, to leave it out of logs that are shown while their steps run.
    package init(
        governor: Governor, snapshots: SnapshotCatalogue, blobs: any BlobStore, runner: any StepRunner,
        secret: @escaping @Sendable (_ name: String, _ workspace: String) async throws -> String
    ) {
        self.secret = secret
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

    /// Starts an execution of the same version with the same parameters, in which every step that ended well in `id` stands as it is.
    ///
    /// - Throws: `Problem` `.conflict` while `id` goes on, or when nothing of it is left to do.
    package func resume(from id: String, by caller: Caller) async throws -> Execution {
        try await governor.change(.executionStart, by: caller) { change in
            let earlier = try Self.ended(id, in: change)
            guard earlier.status != .succeeded else {
                throw Problem(
                    .conflict, "pipelines.execution.succeeded", "Execution '\(id)' has nothing to do again: every step ended well.",
                    fix: "Start a new one: dhow execution start \(earlier.pipeline).")
            }
            return try Self.insert(
                earlier.pipeline, earlier.parameters, startedBy: caller.principal, cause: "execution/\(id)",
                version: earlier.pipelineVersion,
                resumes: id, in: change)
        }
    }

    /// Starts an execution of the newest version with the parameters of `id`, but for those given; what the cache has is used again.
    package func repeated(_ id: String, parameters: [String: JSONValue], by caller: Caller) async throws -> Execution {
        try await governor.change(.executionStart, by: caller) { change in
            let earlier = try Self.find(id, in: change)
            return try Self.insert(
                earlier.pipeline, earlier.parameters.merging(parameters) { $1 }, startedBy: caller.principal, cause: "execution/\(id)",
                in: change)
        }
    }

    private static func ended(_ id: String, in change: Change) throws -> Execution {
        let execution = try find(id, in: change)
        guard execution.ended != nil else {
            throw Problem(
                .conflict, "pipelines.execution.open", "Execution '\(id)' has not ended.",
                fix: "Wait for its end, or cancel it: dhow execution cancel \(id).")
        }
        return execution
    }

    /// The part of `start` that a trigger shares, inside a change.
    ///
    /// - Parameters:
    ///   - number: The pipeline's version; the newest when nil.
    ///   - earlier: The execution whose successes stand.
    ///   - call: The attempt of a step of kind pipeline that starts it, and how deep its calls then are.
    static func insert(
        _ pipeline: String, _ parameters: [String: JSONValue], startedBy: Principal, cause: String?, version number: Int? = nil,
        resumes earlier: String? = nil, call: (attemptID: String, depth: Int)? = nil, in change: Change
    ) throws -> Execution {
        let pipelines = PipelineTable(transaction: change.transaction, workspace: change.workspace)
        guard let version = try number.map({ try pipelines.find(pipeline, $0) }) ?? pipelines.latest(pipeline) else {
            throw PipelineTable.unknown(pipeline)
        }
        let specification = try PlannedPipelines.shared.plan(version, in: change.workspace).specification
        var values = try specification.resolveParameters(parameters)
        for parameter in specification.parameters where parameter.type == .snapshot {
            guard let reference = values[parameter.name]?.text else { continue }
            let snapshots = SnapshotTable(transaction: change.transaction, workspace: change.workspace)
            values[parameter.name] = .string(try resolve(reference, of: parameter.name, among: snapshots))
        }
        let isToWait = try ExecutionTurns.enter(specification, in: change)
        let execution = Execution(
            id: change.newIdentifier(), workspace: change.workspace, pipeline: pipeline, pipelineVersion: version.version,
            parameters: values, status: isToWait ? .queued : .running, flags: [], startedBy: startedBy, cause: cause, resumes: earlier,
            calledBy: call?.attemptID, depth: call?.depth ?? 0, created: change.time,
            timeLeft: specification.timeoutSeconds.map { Int64($0) * 1000 })
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

    package func get(_ id: String, by caller: Caller) async throws -> ExecutionReport {
        let found = try await governor.read(.pipelineRead, by: caller) { transaction -> StoredExecution? in
            let table = ExecutionTable(transaction: transaction)
            guard let execution = try table.find(id), execution.workspace == caller.workspace else { return nil }
            return try StoredExecution.read(execution, in: transaction)
        }
        guard let found else { throw Self.unknown(id) }
        let pipeline = try PlannedPipelines.shared.plan(found.version, in: caller.workspace)
        return ExecutionReport(
            execution: found.execution, version: found.version, kinds: pipeline.steps.mapValues(\.kind),
            state: found.state(of: pipeline.plan),
            attempts: found.attempts, results: found.results)
    }

    package func list(pipeline: String?, before id: String?, limit: Int, by caller: Caller) async throws -> [Execution] {
        let limit = min(max(limit, 1), 1000)
        return try await governor.read(.pipelineRead, by: caller) {
            try ExecutionTable(transaction: $0).page(in: caller.workspace, pipeline: pipeline, before: id, limit: limit)
        }
    }

    /// Asks for the end of an execution; what runs gets SIGTERM, what waits is not started. Cancelling an ended one changes nothing.
    package func cancel(_ id: String, by caller: Caller) async throws -> Execution {
        try await governor.change(.executionStart, by: caller) { change in try change.cancel(try Self.find(id, in: change)) }
    }

    /// Asks that nothing more is started; what runs goes on. Its time limit stands still meanwhile.
    package func pause(_ id: String, by caller: Caller) async throws -> Execution {
        try await ask(id, by: caller) { execution, change in
            if execution.wantsPause { return }
            execution.wantsPause = true
            try change.record("execution.paused", on: execution.resource)
        }
    }

    package func unpause(_ id: String, by caller: Caller) async throws -> Execution {
        try await ask(id, by: caller) { execution, change in
            if !execution.wantsPause { return }
            execution.wantsPause = false
            try change.record("execution.resumed", on: execution.resource)
        }
    }

    private func ask(_ id: String, by caller: Caller, _ body: @escaping @Sendable (inout Execution, Change) throws -> Void) async throws
        -> Execution
    {
        try await governor.change(.executionStart, by: caller) { change in
            var execution = try Self.find(id, in: change)
            guard execution.ended == nil else { return execution }
            try body(&execution, change)
            try ExecutionTable(transaction: change.transaction).ask(id, cancel: execution.wantsCancel, pause: execution.wantsPause)
            return execution
        }
    }

    private static func find(_ id: String, in change: Change) throws -> Execution {
        guard let execution = try ExecutionTable(transaction: change.transaction).find(id), execution.workspace == change.workspace else {
            throw unknown(id)
        }
        return execution
    }

    static func unknown(_ id: String) -> Problem {
        Problem(
            .notFound, "pipelines.execution.unknown", "There is no execution '\(id.printable)'.", fix: "List them: dhow execution list.")
    }
}
