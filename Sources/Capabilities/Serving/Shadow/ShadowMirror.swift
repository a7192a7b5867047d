// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
import Governance
import Synchronization

/// Asks a model version the same as the endpoint's own, without anyone waiting for it: its answers are only written down.
package final class ShadowMirror: Sendable {
    package struct Counts: Sendable, Equatable {
        package var mirrored = 0
        /// Not asked, because too many mirrored requests were under way.
        package var skipped = 0
    }

    /// Unless the endpoint's settings say otherwise.
    private static let usualConcurrency = 4

    private let host: ModelHost
    private let pool: InferencePool
    private let log: ShadowLog
    private let clock: any WallClock
    private let running = Mutex<[EndpointName: Int]>([:])
    private let state = Mutex(Counts())

    package init(host: ModelHost, pool: InferencePool, log: ShadowLog, clock: any WallClock) {
        self.host = host
        self.pool = pool
        self.log = log
        self.clock = clock
    }

    package var counts: Counts { state.withLock { $0 } }

    /// Returns at once.
    func offer(_ request: InferenceRequest, rows: Int, id: String, endpoint: EndpointName, to mirror: EndpointSettings.Mirror) {
        guard Assignment.bucket(salt: "mirror/\(endpoint.name)", key: id) < mirror.percent else { return }
        let isFree = running.withLock { running in
            let count = running[endpoint, default: 0]
            guard count < mirror.concurrency ?? Self.usualConcurrency else { return false }
            running[endpoint] = count + 1
            return true
        }
        guard isFree else { return state.withLock { $0.skipped += 1 } }
        Task {
            let answer = await ask(request, rows: rows, endpoint, mirror)
            log.offer(
                (0..<rows).map { row in
                    ShadowPrediction(
                        workspace: endpoint.workspace, endpoint: endpoint.name, id: "\(id).\(row)", model: mirror.model,
                        version: mirror.version, score: answer.scores?[row], microseconds: answer.microseconds, failure: answer.failure,
                        logged: clock.now())
                })
            running.withLock { $0[endpoint, default: 1] -= 1 }
            state.withLock { $0.mirrored += 1 }
        }
    }

    private func ask(
        _ request: InferenceRequest, rows: Int, _ endpoint: EndpointName, _ mirror: EndpointSettings.Mirror
    ) async -> (scores: [Double?]?, microseconds: Int64, failure: String?) {
        let begin = ContinuousClock.now
        do {
            let version = ServedVersion(workspace: endpoint.workspace, model: mirror.model, number: mirror.version)
            let served = try await host.model(of: version)
            let inputs = request.inputs
            let outputs: [Tensor]
            if let model = served.immediate {
                outputs = try await pool.run { try model.infer(inputs, outputs: nil) }
            } else {
                outputs = try await served.infer(inputs, outputs: nil)
            }
            let column = outputs.first { $0.name == served.scoreOutput }?.lastColumn(rows: rows)
            return (column.map { $0.map { $0.isFinite ? $0 : nil } }, microseconds(since: begin), nil)
        } catch {
            return (nil, microseconds(since: begin), (error as? Problem)?.code ?? "serving.mirror.failed")
        }
    }

    private func microseconds(since begin: ContinuousClock.Instant) -> Int64 {
        let elapsed = ContinuousClock.now - begin
        return elapsed.components.seconds * 1_000_000 + elapsed.components.attoseconds / 1_000_000_000_000
    }
}
