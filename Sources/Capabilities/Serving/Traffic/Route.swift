// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Synchronization

/// How an endpoint's rows are answered under one split and one set of settings.
final class Route: Sendable {
    /// One revision and its model, once it has been asked for.
    final class Lane: Sendable {
        let revision: Int
        let version: ServedVersion
        let percent: Int
        let load: LaneLoad
        private let loaded = Mutex<ServedModel?>(nil)
        private let batching = Mutex<BatchingModel?>(nil)

        init(_ share: EndpointTraffic.Share, load: LaneLoad) {
            self.load = load
            revision = share.revision
            version = share.version
            percent = share.percent
        }

        /// The model, when it is in memory.
        var modelAtOnce: ServedModel? { loaded.withLock { $0 } }

        func answersAtOnce(rows: Int) -> Bool {
            load.isShort(rows: rows) && modelAtOnce?.immediate != nil
        }

        func model(from host: ModelHost) async throws -> ServedModel {
            if let model = modelAtOnce { return model }
            let model = try await host.model(of: version)
            loaded.withLock { $0 = model }
            return model
        }

        /// The lane's one meeting place of requests; a change of the settings makes other lanes.
        func batches(of model: any LoadedModel, _ settings: EndpointSettings.Batching, on pool: InferencePool) -> BatchingModel {
            batching.withLock { batching in
                if let batching { return batching }
                let made = BatchingModel(
                    model, maximumRows: settings.rows, delay: .milliseconds(settings.milliseconds), perform: { pool.perform($0) })
                batching = made
                return made
            }
        }

        func working<Result>(on rows: Int, limit: Int?, _ body: () throws -> Result) throws -> Result {
            try load.enter(limit: limit, revision: revision)
            defer { load.leave() }
            return try timing(rows: rows, body)
        }

        func timing<Result>(rows: Int, _ body: () throws -> Result) rethrows -> Result {
            let begin = ContinuousClock.now
            let result = try body()
            let elapsed = (ContinuousClock.now - begin).components
            load.took(elapsed.seconds * 1_000_000_000 + elapsed.attoseconds / 1_000_000_000, rows: rows)
            return result
        }
    }

    let name: EndpointName
    let salt: String
    /// Newest revision first.
    let lanes: [Lane]
    let candidate: Int?
    let candidatePercent: Int
    let settings: EndpointSettings
    let logPolicy: LogPolicy
    /// The lane with the largest share, the older of two equal ones: whose model describes the endpoint.
    let main: Lane
    private let shares: [Int]
    /// The lane with all the traffic, when there is one.
    private let only: Int?

    /// - Parameter previous: The endpoint's route before; what its revisions work on goes on to count.
    init(_ traffic: EndpointTraffic, after previous: Route? = nil) {
        name = traffic.endpoint
        salt = traffic.salt
        let sorted = traffic.shares.sorted { $0.revision > $1.revision }
        lanes = sorted.map { share in
            let before = previous?.lanes.first { $0.revision == share.revision }
            return Lane(share, load: before?.load ?? LaneLoad())
        }
        shares = sorted.map(\.percent)
        only = shares.firstIndex(of: 100)
        candidate = traffic.candidate
        candidatePercent = sorted.first { $0.revision == traffic.candidate }?.percent ?? 0
        settings = traffic.settings
        logPolicy = LogPolicy(traffic.settings.log)
        guard let main = lanes.max(by: { ($0.percent, -$0.revision) < ($1.percent, -$1.revision) }) else {
            preconditionFailure("Shares sum to 100, so there is one.")
        }
        self.main = main
    }

    /// The lane that the client asks for, by a version of a model or by a revision; nil when it asks for none.
    ///
    /// - Throws: `Problem` `.notFound` when it is not in the split.
    func lane(version: Int?, revision: Int?) throws(Problem) -> Int? {
        if version == nil, revision == nil { return nil }
        let lane = lanes.firstIndex { ($0.version.number == version ?? $0.version.number) && ($0.revision == revision ?? $0.revision) }
        if let lane { return lane }
        let wanted = [version.map { "Version \($0)" }, revision.map { "Revision \($0)" }].compactMap { $0 }.joined(separator: ", ")
        let known = lanes.map { "version \($0.version.number) as revision \($0.revision)" }.joined(separator: ", ")
        throw Problem(
            .notFound, "serving.version.unknown", "\(wanted) does not answer at endpoint '\(name.name)'.",
            why: "These do: \(known).", fix: "Leave it out, or release the version to the endpoint.")
    }

    /// Whose request it is, where the endpoint keeps entities with one revision: the entity of all rows, or of the first.
    func entity(of request: InferenceRequest) -> String? {
        if let entity = request.entity { return entity }
        let named = (request.inputs + request.loggedOnly).first { $0.name == settings.entity ?? settings.features?.entity }
        return try? named?.entityKeys().first
    }

    /// The rows of one request by lane: positions in `lanes`, each with its rows ascending. Lanes without rows are left out.
    ///
    /// - Throws: `Problem` `.invalid` when the endpoint keeps entities together and the request's keys cannot be read.
    func assign(rows: Int, of request: InferenceRequest, id: String) throws(Problem) -> [(lane: Int, rows: [Int])] {
        if let only { return [(only, Array(0..<rows))] }
        if let entity = request.entity {
            return [(Assignment.position(bucket: Assignment.bucket(salt: salt, key: entity), shares: shares), Array(0..<rows))]
        }
        let bucket: (Int) -> Int
        let named = (request.inputs + request.loggedOnly).first { $0.name == settings.entity ?? settings.features?.entity }
        if let keys = try named?.entityKeys() {
            bucket = { [salt] in Assignment.bucket(salt: salt, key: keys[$0]) }
        } else {
            let assignment = Assignment(salt: salt, id: id)
            bucket = { assignment.bucket(row: $0) }
        }
        var byLane = Array(repeating: [Int](), count: lanes.count)
        for row in 0..<rows { byLane[Assignment.position(bucket: bucket(row), shares: shares)].append(row) }
        // The first row's lane is asked first: of a request that nobody can answer, it is the one that refuses.
        return byLane.enumerated().filter { !$1.isEmpty }.sorted { $0.element[0] < $1.element[0] }.map { ($0, $1) }
    }
}
