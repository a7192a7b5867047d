// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
import Synchronization

/// Answers calls that come at about the same time with one call of the model, when the calls look alike.
///
/// A call waits at most `delay`, and less when `maximumRows` rows are together. It pays where one call of many rows costs much less than
/// many calls, as with deep networks; for most models of tables it does not.
package final class BatchingModel: HostedModel {
    /// What calls must have in common to be answered together.
    private struct Shape: Hashable {
        var inputs: [Input]
        var outputs: [String]

        struct Input: Hashable {
            var name: String
            var datatype: TensorDatatype
            var rest: [Int]
        }
    }

    private struct Batch {
        var id: UInt64
        var rows = 0
        var calls: [Call] = []
    }

    private struct Call {
        var inputs: [Tensor]
        var rows: Int
        var outputs: [String]?
        var continuation: CheckedContinuation<[Tensor], any Error>
    }

    private struct State {
        var lastBatch: UInt64 = 0
        var open: [Shape: Batch] = [:]
    }

    package var inputs: [TensorSpecification] { model.inputs }
    package var outputs: [TensorSpecification] { model.outputs }

    private let model: any LoadedModel
    private let maximumRows: Int
    private let delay: Duration
    private let clock: any Clock<Duration>
    private let perform: @Sendable (@escaping @Sendable () -> Void) -> Void
    private let state = Mutex(State())

    /// - Parameter perform: Where the model is called; at once, on the thread that completed the batch, when left out.
    package init(
        _ model: any LoadedModel, maximumRows: Int, delay: Duration, clock: any Clock<Duration> = ContinuousClock(),
        perform: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void = { $0() }
    ) {
        precondition(maximumRows > 0, "A batch has rows.")
        self.model = model
        self.maximumRows = maximumRows
        self.delay = delay
        self.clock = clock
        self.perform = perform
    }

    package func infer(_ inputs: [Tensor], outputs: [String]?) async throws -> [Tensor] {
        guard let rows = rows(of: inputs), rows < maximumRows else { return try model.infer(inputs, outputs: outputs) }
        let shape = Shape(
            inputs: inputs.map { .init(name: $0.name, datatype: $0.values.datatype, rest: Array($0.shape.dropFirst())) },
            outputs: outputs ?? [])
        // The first call of a batch keeps its time; it does not outlive the call, which waits for the answer in any case.
        return try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            return try await withCheckedThrowingContinuation { continuation in
                let call = Call(inputs: inputs, rows: rows, outputs: outputs, continuation: continuation)
                let (begun, full) = add(call, to: shape)
                for batch in full { perform { [self] in answer(batch) } }
                guard let begun else { return }
                group.addTask { [self] in
                    try? await clock.sleep(for: delay)
                    if let batch = take(begun, of: shape) { perform { [self] in answer(batch) } }
                }
            }
        }
    }

    /// Nothing was started for the model.
    package func retire() {}

    /// Calls that wait for others.
    package var waiting: Int { state.withLock { $0.open.values.reduce(0) { $0 + $1.calls.count } } }

    /// Nil when the call cannot be joined to others: the model, or a tensor, has no rows.
    private func rows(of tensors: [Tensor]) -> Int? {
        guard let rows = tensors.first?.shape.first, rows > 0, model.inputs.allSatisfy({ $0.shape.first == -1 }) else { return nil }
        return tensors.allSatisfy { $0.shape.first == rows && $0.isComplete } ? rows : nil
    }

    /// The id of the batch when this call began it and it is not full yet; and the batches that are to be answered now.
    private func add(_ call: Call, to shape: Shape) -> (begun: UInt64?, full: [Batch]) {
        state.withLock { state in
            var full: [Batch] = []
            if let batch = state.open[shape], batch.rows + call.rows > maximumRows {
                full.append(batch)
                state.open[shape] = nil
            }
            let isFirst = state.open[shape] == nil
            if isFirst { state.lastBatch += 1 }
            var batch = state.open[shape] ?? Batch(id: state.lastBatch)
            batch.rows += call.rows
            batch.calls.append(call)
            if batch.rows == maximumRows {
                full.append(batch)
                state.open[shape] = nil
                return (nil, full)
            }
            state.open[shape] = batch
            return (isFirst ? batch.id : nil, full)
        }
    }

    private func take(_ id: UInt64, of shape: Shape) -> Batch? {
        state.withLock { state in
            guard state.open[shape]?.id == id else { return nil }
            return state.open.removeValue(forKey: shape)
        }
    }

    private func answer(_ batch: Batch) {
        if batch.calls.count > 1, let answers = together(batch) {
            for (call, answer) in zip(batch.calls, answers) { call.continuation.resume(returning: answer) }
            return
        }
        // Alone, or again one by one: a call that the model refuses must not fail the others.
        for call in batch.calls { call.continuation.resume(with: Result { try model.infer(call.inputs, outputs: call.outputs) }) }
    }

    private func together(_ batch: Batch) -> [[Tensor]]? {
        var rows: [[Int]] = []
        var first = 0
        for call in batch.calls {
            rows.append(Array(first..<first + call.rows))
            first += call.rows
        }
        let joined = batch.calls[0].inputs.indices.compactMap { index in
            try? Tensor.merging(batch.calls.map { $0.inputs[index] }, rows: rows, count: batch.rows)
        }
        guard joined.count == batch.calls[0].inputs.count, let outputs = try? model.infer(joined, outputs: batch.calls[0].outputs),
            outputs.allSatisfy({ $0.shape.first == batch.rows })
        else { return nil }
        return rows.map { rows in outputs.map { $0.taking(rows: rows) } }
    }
}
