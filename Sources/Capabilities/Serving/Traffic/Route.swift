// SPDX-License-Identifier: Apache-2.0

import Domain
import Synchronization

/// How an endpoint's rows are answered under one split.
final class Route: Sendable {
    /// One revision and its model, once it has been asked for.
    final class Lane: Sendable {
        let revision: Int
        let version: ServedVersion
        let percent: Int
        private let loaded = Mutex<ServedModel?>(nil)

        init(_ share: EndpointTraffic.Share) {
            revision = share.revision
            version = share.version
            percent = share.percent
        }

        /// The model, when it is in memory.
        var modelAtOnce: ServedModel? { loaded.withLock { $0 } }

        func model(from host: ModelHost) async throws -> ServedModel {
            if let model = loaded.withLock({ $0 }) { return model }
            let model = try await host.model(of: version)
            loaded.withLock { $0 = model }
            return model
        }
    }

    let name: EndpointName
    let salt: String
    /// Newest revision first.
    let lanes: [Lane]
    let candidate: Int?
    let candidatePercent: Int
    private let shares: [Int]
    /// The lane with all the traffic, when there is one.
    private let only: Int?

    init(_ traffic: EndpointTraffic) {
        name = traffic.endpoint
        salt = traffic.salt
        let sorted = traffic.shares.sorted { $0.revision > $1.revision }
        lanes = sorted.map(Lane.init)
        shares = sorted.map(\.percent)
        only = shares.firstIndex(of: 100)
        candidate = traffic.candidate
        candidatePercent = sorted.first { $0.revision == traffic.candidate }?.percent ?? 0
    }

    /// The lane with the largest share, the older of two equal ones: whose model describes the endpoint.
    var main: Lane? {
        lanes.max { ($0.percent, -$0.revision) < ($1.percent, -$1.revision) }
    }

    /// - Throws: `Problem` `.notFound` when the version is not in the split.
    func lane(serving version: Int) throws(Problem) -> Int {
        guard let lane = lanes.firstIndex(where: { $0.version.number == version }) else {
            let versions = Set(lanes.map(\.version.number)).sorted().map(String.init).joined(separator: ", ")
            throw Problem(
                .notFound, "serving.version.unknown", "Version \(version) does not answer at endpoint '\(name.name)'.",
                why: "These do: \(versions).", fix: "Leave the version out, or release it to the endpoint.")
        }
        return lane
    }

    /// The rows of one request by lane: positions in `lanes`, each with its rows ascending. Lanes without rows are left out.
    func assign(rows: Int, id: String) -> [(lane: Int, rows: [Int])] {
        if let only { return [(only, Array(0..<rows))] }
        let assignment = Assignment(salt: salt, id: id)
        var byLane = Array(repeating: [Int](), count: lanes.count)
        for row in 0..<rows {
            byLane[Assignment.position(bucket: assignment.bucket(row: row), shares: shares)].append(row)
        }
        return byLane.enumerated().filter { !$1.isEmpty }.map { ($0, $1) }
    }
}
