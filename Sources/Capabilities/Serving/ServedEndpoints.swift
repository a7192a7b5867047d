// SPDX-License-Identifier: Apache-2.0

package import Backends
import Delivery
import Domain
package import Governance

/// Endpoints as the serving protocols see them: answers that are counted, and which models are in this process's memory.
package struct ServedEndpoints: Sendable {
    /// One version in an endpoint's split.
    package struct Entry: Sendable {
        package var endpoint: String
        package var version: Int
        /// Whether this process has it in memory; else the next request loads it.
        package var isLoaded: Bool
    }

    package let statistics: InferenceStatistics
    private let inference: InferenceService
    private let endpoints: Endpoints
    private let host: ModelHost
    private let wallClock: any WallClock
    private let clock = ContinuousClock()

    package init(inference: InferenceService, endpoints: Endpoints, host: ModelHost, statistics: InferenceStatistics, clock: any WallClock)
    {
        self.inference = inference
        self.endpoints = endpoints
        self.host = host
        self.statistics = statistics
        wallClock = clock
    }

    /// As `InferenceService.infer`, counted.
    ///
    /// - Parameter arrival: When the request began to be read.
    package func infer(
        _ endpoint: String, version: Int? = nil, _ request: InferenceRequest, since arrival: ContinuousClock.Instant, by caller: Caller
    ) async throws -> InferenceAnswer {
        let start = clock.now
        do {
            let answer = try await inference.infer(endpoint, version: version, request, by: caller)
            count(answer, to: request, since: arrival, start, by: caller)
            return answer
        } catch {
            count(error, of: endpoint, version: version, since: start, by: caller)
            throw error
        }
    }

    /// As `InferenceService.inferAtOnce`, counted.
    package func inferAtOnce(
        _ endpoint: String, version: Int? = nil, _ request: InferenceRequest, since arrival: ContinuousClock.Instant, by caller: Caller,
        id: String
    ) throws -> InferenceAnswer? {
        let start = clock.now
        do {
            let answer = try inference.inferAtOnce(endpoint, version: version, request, by: caller, id: id)
            if let answer { count(answer, to: request, since: arrival, start, by: caller) }
            return answer
        } catch {
            count(error, of: endpoint, version: version, since: start, by: caller)
            throw error
        }
    }

    private func count(
        _ answer: InferenceAnswer, to request: InferenceRequest, since arrival: ContinuousClock.Instant, _ start: ContinuousClock.Instant,
        by caller: Caller
    ) {
        statistics.countAnswer(
            of: EndpointName(workspace: caller.workspace, name: answer.endpoint), versions: answer.versions,
            rows: request.inputs.first?.shape.first ?? 0, reading: start - arrival, computing: clock.now - start, at: wallClock.now())
    }

    private func count(
        _ error: any Error, of endpoint: String, version: Int?, since start: ContinuousClock.Instant, by caller: Caller
    ) {
        guard (error as? Problem)?.kind == .internal else { return }
        statistics.countFailure(
            of: EndpointName(workspace: caller.workspace, name: endpoint), version: version, taking: clock.now - start)
    }

    package func signature(of endpoint: String, version: Int? = nil, by caller: Caller) async throws -> EndpointSignature {
        try await inference.signature(of: endpoint, version: version, by: caller)
    }

    /// Counts of each version in the endpoint's split, or of the one named.
    package func counts(
        of endpoint: String, version: Int? = nil, by caller: Caller
    ) async throws -> [(version: Int, counts: InferenceStatistics.Counts)] {
        let signature = try await inference.signature(of: endpoint, version: version, by: caller)
        let counts = statistics.counts(of: EndpointName(workspace: caller.workspace, name: endpoint), versions: signature.versions)
        return counts.filter { version == nil || $0.version == version }
    }

    /// Counts of every version in the splits of the caller's workspace. O(endpoints).
    package func counts(
        by caller: Caller
    ) async throws -> [(endpoint: String, version: Int, counts: InferenceStatistics.Counts)] {
        let versions = Dictionary(grouping: try await index(by: caller), by: \.endpoint).mapValues { $0.map(\.version) }
        return versions.sorted { $0.key < $1.key }.flatMap { endpoint, versions in
            statistics.counts(of: EndpointName(workspace: caller.workspace, name: endpoint), versions: versions).map {
                (endpoint, $0.version, $0.counts)
            }
        }
    }

    /// All versions in the splits of the caller's workspace, by endpoint and version. O(endpoints).
    package func index(by caller: Caller) async throws -> [Entry] {
        let loaded = await host.loadedVersions
        var entries: [Entry] = []
        var last: String?
        repeat {
            let page = try await endpoints.list(after: last, limit: Endpoints.maximumPage, by: caller)
            for endpoint in page {
                let versions = Set(
                    endpoint.revisions.map {
                        ServedVersion(workspace: caller.workspace, model: $0.revision.model, number: $0.revision.version)
                    })
                for version in versions.sorted(by: { $0.number < $1.number }) {
                    entries.append(Entry(endpoint: endpoint.name, version: version.number, isLoaded: loaded.contains(version)))
                }
            }
            last = page.count == Endpoints.maximumPage ? page.last?.name : nil
        } while last != nil
        return entries
    }

    /// The names of the endpoints that answer in the caller's workspace, at most `limit`.
    package func names(limit: Int, by caller: Caller) async throws -> [String] {
        try await endpoints.list(limit: limit, by: caller).map(\.name)
    }

    /// Brings every version in the endpoint's split into this process's memory.
    ///
    /// - Throws: `Problem` of the first that cannot be loaded.
    package func load(_ endpoint: String, by caller: Caller) async throws {
        for version in try await inference.signature(of: endpoint, by: caller).versions {
            _ = try await inference.signature(of: endpoint, version: version, by: caller)
        }
    }

    /// Lets go of the versions that are kept in memory for a rollback. What a split names stays: only a release takes traffic away.
    package func unload(_ endpoint: String, by caller: Caller) async throws {
        let revisions = try await endpoints.endpoint(endpoint, by: caller).revisions.filter { $0.percent == 0 }.map(\.revision)
        await host.letGo(
            of: Set(revisions.map { ServedVersion(workspace: caller.workspace, model: $0.model, number: $0.version) }))
    }
}
