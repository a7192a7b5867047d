// SPDX-License-Identifier: Apache-2.0

import Backends
package import Domain
package import Governance

/// The use cases of traces. Spans, tags and assessments are measurements; that traces were deleted is in the ledger.
///
/// A program tells of a trace twice, in any order: spans as they end, and the facts of the whole. What arrives first makes the trace;
/// the facts win over what the spans let us conclude.
package struct TraceTracking: Sendable {
    let governor: Governor

    package init(governor: Governor) {
        self.governor = governor
    }

    /// Takes the facts of a whole trace; told again, they replace what was told before.
    ///
    /// - Parameters:
    ///   - runs: The runs it belongs to.
    ///   - numbers: By name, to be aggregated over traces.
    package func start(
        _ trace: Trace, runs: [String] = [], numbers: [String: Double] = [:], by caller: Caller
    ) async throws -> Trace {
        try await tell(trace, runs: runs, numbers: numbers, isFinal: true, by: caller)
    }

    /// Takes the facts of a trace that goes on, to be ended by `finish`.
    package func begin(_ trace: Trace, runs: [String] = [], by caller: Caller) async throws -> Trace {
        try await tell(trace, runs: runs, isFinal: false, by: caller)
    }

    /// - Parameters:
    ///   - name: Kept when nil.
    ///   - tags: These and the metadata are added to what there is.
    package func finish(
        _ id: String, as state: Trace.State, at time: Timestamp, name: String? = nil, tags: [Tag], metadata: [Tag], runs: [String] = [],
        by caller: Caller
    ) async throws -> Trace {
        try TraceLimit.check(tags, "tag")
        try TraceLimit.check(metadata, "trace's metadata")
        return try await measure(id, by: caller) { table, entry in
            entry.trace.state = state
            entry.trace.duration = max(0, time.milliseconds - entry.trace.started.milliseconds)
            entry.trace.name = name ?? entry.trace.name
            entry.isFinal = true
            try table.tags.set(TraceLimit.shortened(tags), on: .text(entry.key))
            try table.metadata.set(TraceLimit.shortened(metadata), on: .text(entry.key))
            try table.links.insert([id], .run, runs)
        }
    }

    package func setTag(_ tag: Tag, on id: String, by caller: Caller) async throws {
        let tags = try RunBatch(tags: [tag]).checked().tags
        _ = try await measure(id, by: caller) { try $0.tags.set(tags, on: .text($1.key)) }
    }

    package func deleteTag(_ key: String, of id: String, by caller: Caller) async throws {
        _ = try await measure(id, by: caller) { table, entry in
            guard try table.tags.delete(key, of: .text(entry.key)) else {
                throw Problem(
                    .notFound, "tracking.tag.unknown", "No trace tag with key '\(key.printable)' for trace with ID '\(id.printable)'")
            }
        }
    }

    /// Gives the trace another name, or none.
    package func rename(_ id: String, to name: String?, by caller: Caller) async throws {
        _ = try await measure(id, by: caller) { _, entry in
            entry.trace.name = name.map { TrackingKey.shortened($0, to: TraceLimit.nameBytes) }
        }
    }

    /// Ties traces, also ones that have not arrived yet, to runs or prompts.
    package func link(_ traces: [String], _ kind: TraceLink.Kind, _ targets: [String], by caller: Caller) async throws {
        guard traces.count <= TraceLink.maximumAtOnce, targets.count <= TraceLink.maximumAtOnce else {
            throw Problem(
                .invalid, "tracking.trace.links-too-many",
                "Cannot link more than \(TraceLink.maximumAtOnce) traces to a run in a single request. Provided \(traces.count) traces.",
                fix: "Link the rest in further requests.")
        }
        for id in traces { try TraceLimit.check(id) }
        try await governor.measure(.trackingWrite, by: caller) { transaction in
            if kind == .run {
                let runs = RunTable(transaction: transaction, workspace: caller.workspace)
                for run in targets { _ = try runs.get(run) }
            }
            try TraceLinkTable(transaction: transaction, workspace: caller.workspace).insert(traces, kind, targets)
        }
    }

    /// Deletes traces of an experiment for good, the oldest first; their ids stay taken.
    ///
    /// - Parameters:
    ///   - ids: Only these.
    ///   - time: Only those begun by then.
    /// - Complexity: One transaction and ledger entry per 500 traces.
    package func delete(
        in experiment: Int64, ids: [String]? = nil, through time: Timestamp? = nil, limit: Int? = nil, by caller: Caller
    ) async throws -> Int {
        if let ids, ids.count > 1_000 {
            throw Problem(.invalid, "tracking.trace.ids-too-many", "The request names \(ids.count) traces.", why: "At most 1000 are taken.")
        }
        var count = 0
        while true {
            let batch = min(500, (limit ?? .max) - count)
            guard batch > 0 else { return count }
            var caller = caller
            // Several batches are several changes, for which one key cannot stand.
            if limit ?? .max > 500 { caller.idempotency = nil }
            let deleted = try await governor.change(.trackingWrite, by: caller) { change in
                let table = TraceTable(transaction: change.transaction, workspace: change.workspace)
                _ = try ExperimentTable(transaction: change.transaction, workspace: change.workspace).get(experiment)
                let found = try table.oldest(in: experiment, ids: ids, through: time, limit: batch)
                guard !found.isEmpty else { return 0 }
                try table.delete(found.map(\.key))
                try change.record(
                    "trace.deleted", on: "experiment/\(experiment)",
                    ["count": .integer(Int64(found.count)), "traces": .array(found.map { .string($0.id) })])
                return found.count
            }
            count += deleted
            if deleted < batch { return count }
        }
    }

    private func tell(
        _ trace: Trace, runs: [String], numbers: [String: Double] = [:], isFinal: Bool, by caller: Caller
    ) async throws -> Trace {
        try TraceLimit.check(trace.id)
        try TraceLimit.check(trace.tags, "tag")
        try TraceLimit.check(trace.metadata, "trace's metadata")
        for assessment in trace.assessments { try assessment.check() }
        var told = trace
        told.name = trace.name.map { TrackingKey.shortened($0, to: TraceLimit.nameBytes) }
        told.request = trace.request.map { TrackingKey.shortened($0, to: TraceLimit.previewBytes) }
        told.response = trace.response.map { TrackingKey.shortened($0, to: TraceLimit.previewBytes) }
        return try await governor.measure(.trackingWrite, by: caller) { [told] transaction in
            let table = TraceTable(transaction: transaction, workspace: caller.workspace)
            let group = try ExperimentTable(transaction: transaction, workspace: caller.workspace).getActive(told.experiment)
            var entry: TraceTable.Entry
            if var known = try table.find(told.id) {
                guard known.lifecycle == .active else { throw Trace.deleted(told.id) }
                known.trace.take(told)
                known.isFinal = isFinal || known.isFinal
                entry = known
                try table.update(entry)
            } else {
                entry = TraceTable.Entry(key: governor.identifiers.next(), trace: told, isFinal: isFinal)
                entry.trace.location = group.location.appending("traces", told.id, "artifacts")
                try table.insert(entry)
            }
            try table.tags.set(TraceLimit.shortened(told.tags), on: .text(entry.key))
            try table.metadata.set(TraceLimit.shortened(told.metadata), on: .text(entry.key))
            try table.numbers.set(["": numbers], of: entry.key)
            try table.links.insert([told.id], .run, runs)
            try add(told.assessments, to: entry, in: table)
            return try table.complete([entry])[0]
        }
    }

    /// Adds what is not there yet: a program that repeats its call says nothing new.
    private func add(_ assessments: [Assessment], to entry: TraceTable.Entry, in table: TraceTable) throws {
        guard !assessments.isEmpty else { return }
        var known = try table.assessments.assessments(of: [entry.key])[entry.key] ?? []
        for var assessment in assessments {
            let isKnown = known.contains { other in
                other.kind == assessment.kind && other.name == assessment.name && other.created == assessment.created
                    && other.source == assessment.source && other.span == assessment.span
            }
            if isKnown { continue }
            assessment.id = Assessment.newID(from: governor.identifiers)
            try table.assessments.insert(assessment, of: entry.key)
            known.append(assessment)
        }
    }

    private func measure(
        _ id: String, by caller: Caller, _ body: @escaping @Sendable (TraceTable, inout TraceTable.Entry) throws -> Void
    ) async throws -> Trace {
        try await governor.measure(.trackingWrite, by: caller) { transaction in
            let table = TraceTable(transaction: transaction, workspace: caller.workspace)
            var entry = try table.get(id)
            try body(table, &entry)
            try table.update(entry)
            return try table.complete([entry])[0]
        }
    }
}

extension Trace {
    /// Takes over the facts its program told.
    fileprivate mutating func take(_ told: Trace) {
        experiment = told.experiment
        state = told.state
        started = told.started
        duration = told.duration
        clientRequestID = told.clientRequestID ?? clientRequestID
        name = told.name ?? name
        request = told.request ?? request
        response = told.response ?? response
    }
}
