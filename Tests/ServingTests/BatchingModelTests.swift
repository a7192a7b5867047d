// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Serving
import Synchronization
import Testing

/// Doubles each row, counts the calls, and refuses what is negative.
private final class Doubler: LoadedModel {
    let inputs = [TensorSpecification(name: "x", datatype: .float32, shape: [-1, 1])]
    let outputs = [TensorSpecification(name: "y", datatype: .float32, shape: [-1, 1])]
    let calls = Mutex<[Int]>([])

    func infer(_ inputs: [Tensor], outputs: [String]?) throws -> [Tensor] {
        let values = inputs[0].floats
        calls.withLock { $0.append(values.count) }
        guard values.allSatisfy({ $0 >= 0 }) else { throw Problem(.invalid, "test.negative", "Negative.") }
        return [Tensor(name: "y", shape: inputs[0].shape, values: .float32(values.map { $0 * 2 }))]
    }
}

@Suite("Calls answered together")
struct BatchingModelTests {
    private let model = Doubler()
    private let clock = SteppedClock()

    private func row(_ values: Float...) -> [Tensor] { [Tensor(name: "x", shape: [values.count, 1], values: .float32(values))] }

    private func together(_ batching: BatchingModel, _ rows: [[Tensor]], then: () async -> Void) async -> [Result<[Float], any Error>] {
        await withTaskGroup(of: (Int, Result<[Float], any Error>).self) { group in
            for (index, row) in rows.enumerated() {
                group.addTask {
                    do { return (index, .success(try await batching.infer(row, outputs: nil)[0].floats)) } catch {
                        return (index, .failure(error))
                    }
                }
            }
            await then()
            var results: [Int: Result<[Float], any Error>] = [:]
            for await (index, result) in group { results[index] = result }
            return rows.indices.compactMap { results[$0] }
        }
    }

    @Test("are one call when the rows are together, without waiting for the time")
    func full() async throws {
        let batching = BatchingModel(model, maximumRows: 4, delay: .seconds(1), clock: clock)
        let answers = await together(batching, [row(1), row(2), row(3), row(4)]) {}
        #expect(try answers.map { try $0.get() } == [[2], [4], [6], [8]])
        #expect(model.calls.withLock { $0 } == [4])
    }

    @Test("are answered when the time is up, however few they are")
    func late() async throws {
        let batching = BatchingModel(model, maximumRows: 8, delay: .milliseconds(5), clock: clock)
        let answers = await together(batching, [row(1), row(2, 3)]) {
            await clock.sleeping(1)
            while batching.waiting < 2 { await Task.yield() }
            clock.advance(by: .milliseconds(5))
        }
        #expect(try answers.map { try $0.get() } == [[2], [4, 6]])
        #expect(model.calls.withLock { $0 } == [3])
    }

    @Test("do not fail because of one that does")
    func failure() async throws {
        let batching = BatchingModel(model, maximumRows: 3, delay: .seconds(1), clock: clock)
        let answers = await together(batching, [row(1), row(-1), row(3)]) {}
        #expect(try answers[0].get() == [2])
        #expect(throws: Problem.self) { try answers[1].get() }
        #expect(try answers[2].get() == [6])
    }

    @Test("with as many rows as a batch are not held back")
    func large() async throws {
        let batching = BatchingModel(model, maximumRows: 2, delay: .seconds(1), clock: clock)
        #expect(try await batching.infer(row(1, 2, 3), outputs: nil)[0].floats == [2, 4, 6])
        #expect(batching.waiting == 0)
    }

    @Test("that a batch has no room for begin the next")
    func overflow() async throws {
        let batching = BatchingModel(model, maximumRows: 3, delay: .seconds(1), clock: clock)
        let answers = await together(batching, [row(1, 1), row(2, 2)]) {
            await clock.sleeping(1)
            while model.calls.withLock({ $0.isEmpty }) { await Task.yield() }
            while batching.waiting < 1 { await Task.yield() }
            clock.advance(by: .seconds(1))
        }
        #expect(try answers.map { try $0.get() } == [[2, 2], [4, 4]])
        #expect(model.calls.withLock { $0 } == [2, 2])
    }
}
