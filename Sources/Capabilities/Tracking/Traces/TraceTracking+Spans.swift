// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
package import Governance

/// Taking spans as they arrive, and giving them back.
extension TraceTracking {
    /// Takes spans of any number of traces, all of them or none. A span that came before is replaced, so a repeated call changes nothing.
    ///
    /// - Parameter run: The run that traces with their root among the spans belong to.
    /// - Complexity: O(bytes of the spans), and a bounded number of statements per trace and per 128 spans.
    package func record(_ batches: [SpanBatch], in experiment: Int64, run: String? = nil, by caller: Caller) async throws {
        for batch in batches {
            try TraceLimit.check(batch.trace)
            try TraceLimit.check(batch.tags, "tag")
            try TraceLimit.check(batch.metadata, "trace's metadata")
        }
        try await governor.measure(.trackingWrite, by: caller) { transaction in
            let group = try ExperimentTable(transaction: transaction, workspace: caller.workspace).getActive(experiment)
            let table = TraceTable(transaction: transaction, workspace: caller.workspace)
            if let run { _ = try RunTable(transaction: transaction, workspace: caller.workspace).get(run) }
            // One order for all writers, so that two of them never wait for each other.
            for batch in batches.sorted(by: { $0.trace < $1.trace }) where !batch.spans.isEmpty {
                try record(batch, in: group, table)
                if let run, batch.root != nil { try table.links.insert([batch.trace], .run, [run]) }
            }
        }
    }

    private func record(_ batch: SpanBatch, in group: Experiment, _ table: TraceTable) throws {
        var entry: TraceTable.Entry
        if let known = try table.find(batch.trace) {
            guard known.lifecycle == .active else { throw Trace.deleted(batch.trace) }
            entry = known
        } else {
            let trace = Trace(id: batch.trace, experiment: group.id, state: .inProgress, started: batch.started)
            entry = TraceTable.Entry(key: governor.identifiers.next(), trace: trace)
            entry.trace.location = group.location.appending("traces", batch.trace, "artifacts")
            try table.insert(entry)
        }
        let grown = try table.spans.put(batch.spans, of: entry.key)
        try table.numbers.set(batch.numbers.filter { !$0.key.isEmpty }, of: entry.key)
        entry.trace.spanCount += grown.count
        entry.spanBytes += grown.bytes
        guard entry.trace.spanCount <= TraceLimit.spans, entry.spanBytes <= TraceLimit.traceBytes else {
            throw TraceLimit.traceTooLarge(batch.trace, spans: entry.trace.spanCount, bytes: entry.spanBytes)
        }
        entry.conclude(from: batch)
        try table.update(entry)
        try table.tags.add(TraceLimit.shortened(batch.tags), to: .text(entry.key))
        try table.metadata.add(TraceLimit.shortened(batch.metadata), to: .text(entry.key))
    }

    package func get(_ id: String, by caller: Caller) async throws -> Trace {
        try await governor.read(.trackingRead, by: caller) { transaction in
            let table = TraceTable(transaction: transaction, workspace: caller.workspace)
            return try table.complete([try table.get(id)])[0]
        }
    }

    /// The traces there are of these, in the order of the ids.
    package func get(_ ids: [String], by caller: Caller) async throws -> [Trace] {
        try Self.check(ids)
        return try await governor.read(.trackingRead, by: caller) { transaction in
            let table = TraceTable(transaction: transaction, workspace: caller.workspace)
            return Self.sorted(try table.complete(try table.get(ids)), by: ids)
        }
    }

    package func record(of id: String, by caller: Caller) async throws -> TraceRecord {
        try await governor.read(.trackingRead, by: caller) { transaction in
            let table = TraceTable(transaction: transaction, workspace: caller.workspace)
            let entry = try table.get(id)
            return TraceRecord(trace: try table.complete([entry])[0], spans: try table.spans.spans(of: entry.key))
        }
    }

    /// The traces there are of these, whole, in the order of the ids.
    package func records(of ids: [String], by caller: Caller) async throws -> [TraceRecord] {
        try Self.check(ids)
        return try await governor.read(.trackingRead, by: caller) { transaction in
            let table = TraceTable(transaction: transaction, workspace: caller.workspace)
            let entries = try table.get(ids)
            let bytes = entries.reduce(0) { $0 + $1.spanBytes }
            guard bytes <= TraceLimit.traceBytes else {
                throw Problem(
                    .tooLarge, "tracking.traces.too-large", "The spans of these \(entries.count) traces have \(bytes) bytes.",
                    why: "At most \(TraceLimit.traceBytes) are given at once.", fix: "Ask for fewer traces at once.")
            }
            let traces = try table.complete(entries)
            var records: [String: TraceRecord] = [:]
            for (entry, trace) in zip(entries, traces) {
                records[trace.id] = TraceRecord(trace: trace, spans: try table.spans.spans(of: entry.key))
            }
            return Self.sorted(traces, by: ids).compactMap { records[$0.id] }
        }
    }

    private static func check(_ ids: [String]) throws(Problem) {
        guard ids.count <= TraceLimit.tracesAtOnce else {
            throw Problem(
                .invalid, "tracking.trace.ids-too-many", "The request names \(ids.count) traces.",
                why: "At most \(TraceLimit.tracesAtOnce) are given at once.", fix: "Ask for the rest in further requests.")
        }
    }

    private static func sorted(_ traces: [Trace], by ids: [String]) -> [Trace] {
        let places = Dictionary(ids.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        return traces.sorted { (places[$0.id] ?? 0) < (places[$1.id] ?? 0) }
    }
}

extension SpanBatch {
    var root: TraceSpan? { spans.last { $0.parent == nil } }

    var started: Timestamp { Timestamp(milliseconds: (spans.map(\.started).min() ?? 0) / 1_000_000) }

    var ended: Timestamp? { spans.compactMap(\.ended).max().map { Timestamp(milliseconds: $0 / 1_000_000) } }
}

extension TraceTable.Entry {
    /// Takes over what spans tell of the whole, where its program has not told it.
    fileprivate mutating func conclude(from batch: SpanBatch) {
        if trace.state == .inProgress || trace.state == .unspecified, let root = batch.root {
            trace.state = root.status == .error ? .error : .ok
        }
        trace.request = trace.request ?? batch.request.map { TrackingKey.shortened($0, to: TraceLimit.previewBytes) }
        trace.response = trace.response ?? batch.response.map { TrackingKey.shortened($0, to: TraceLimit.previewBytes) }
        trace.name = trace.name ?? batch.name.map { TrackingKey.shortened($0, to: TraceLimit.nameBytes) }
        guard !isFinal else { return }
        let end = [trace.duration.map { trace.started.milliseconds + $0 }, batch.ended?.milliseconds].compactMap(\.self).max()
        trace.started = min(trace.started, batch.started)
        trace.duration = end.map { max(0, $0 - trace.started.milliseconds) }
    }
}

extension TagTable {
    /// Keeps what is there.
    fileprivate func add(_ tags: [Tag], to id: DatabaseValue) throws {
        guard !tags.isEmpty else { return }
        let known = Set(try self.tags(of: id).map(\.key))
        try set(tags.filter { !known.contains($0.key) }, on: id)
    }
}
