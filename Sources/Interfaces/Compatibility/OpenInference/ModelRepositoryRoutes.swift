// SPDX-License-Identifier: Apache-2.0

package import Domain
import Governance
package import HTTPServer
import HTTPTypes
import Hummingbird
package import Serving

/// The protocol's extensions for looking after models: configuration, statistics, the repository; and what is refused of it.
package struct ModelRepositoryRoutes: RouteGroup {
    private let served: ServedEndpoints

    package init(served: ServedEndpoints) {
        self.served = served
    }

    package var routes: [Route] {
        ["/v2/models/{model}", "/v2/models/{model}/versions/{version}"].flatMap { path in
            [
                Route(.get, path + "/config", .permission(.endpointRead), problems: .inference, handler: configuration),
                Route(.get, path + "/stats", .permission(.endpointRead), problems: .inference, handler: statistics),
            ]
        } + [
            Route(.get, "/v2/models/stats", .permission(.endpointRead), problems: .inference, handler: allStatistics),
            Route(.post, "/v2/repository/index", .permission(.endpointRead), problems: .inference, handler: index),
            Route(.post, "/v2/repository/models/{model}/load", .permission(.endpointWrite), problems: .inference, handler: load),
            Route(.post, "/v2/repository/models/{model}/unload", .permission(.endpointWrite), problems: .inference, handler: unload),
        ] + Unoffered.allCases.flatMap(\.routes)
    }

    private func configuration(_ request: Request, _ context: APIContext) async throws -> Response {
        let signature = try await served.signature(
            of: try context.parameter("model"), version: try InferenceRoutes.version(in: context), by: context.caller)
        return try Answer.json(ModelConfiguration(signature))
    }

    private func statistics(_ request: Request, _ context: APIContext) async throws -> Response {
        let endpoint = try context.parameter("model")
        let counts = try await served.counts(of: endpoint, version: try InferenceRoutes.version(in: context), by: context.caller)
        return try Answer.json(StatisticsAnswer(counts.map { StatisticsAnswer.Model(endpoint, $0.version, $0.counts) }))
    }

    private func allStatistics(_ request: Request, _ context: APIContext) async throws -> Response {
        let counts = try await served.counts(by: context.caller)
        return try Answer.json(StatisticsAnswer(counts.map { StatisticsAnswer.Model($0.endpoint, $0.version, $0.counts) }))
    }

    /// The body may be empty.
    private func index(_ request: Request, _ context: APIContext) async throws -> Response {
        let asked = try HTTPServer.RequestBody.decode(IndexRequest.self, from: try await HTTPServer.RequestBody.bytes(of: request, context))
        let entries = try await served.index(by: context.caller).map(RepositoryEntry.init)
        return try Answer.json(asked.ready == true ? entries.filter(\.isReady) : entries)
    }

    private func load(_ request: Request, _ context: APIContext) async throws -> Response {
        let asked = try HTTPServer.RequestBody.decode(LoadRequest.self, from: try await HTTPServer.RequestBody.bytes(of: request, context))
        try Self.check(loading: asked.parameters?.keys.sorted() ?? [])
        try await served.load(try context.parameter("model"), by: context.caller)
        return try Answer.json([String: String]())
    }

    private func unload(_ request: Request, _ context: APIContext) async throws -> Response {
        try await served.unload(try context.parameter("model"), by: context.caller)
        return try Answer.json([String: String]())
    }

    /// - Throws: `Problem` `.invalid` for parameters that would bring a model from elsewhere than the registry.
    package static func check(loading parameters: [String]) throws(Problem) {
        guard let first = parameters.first else { return }
        throw Problem(
            .invalid, "serving.load.parameters", "A model cannot be loaded with parameter '\(first.printable)'.",
            why: "What an endpoint serves, and how, comes from its releases.",
            fix: "Register a version and release it: dhow release create.")
    }
}

private struct IndexRequest: Decodable {
    var ready: Bool?
}

private struct LoadRequest: Decodable {
    /// Whatever it is, its name is enough to refuse it.
    struct Ignored: Decodable {
        init(from decoder: any Decoder) {}
    }

    var parameters: [String: Ignored]?
}

/// One version of an endpoint in the repository's index.
package struct RepositoryEntry: Encodable, Sendable {
    package var name: String
    package var version: String
    package var state: String
    package var reason: String

    package init(_ entry: ServedEndpoints.Entry) {
        name = entry.endpoint
        version = String(entry.version)
        state = entry.isLoaded ? "READY" : "UNAVAILABLE"
        reason = entry.isLoaded ? "" : "not in memory; the next request loads it"
    }

    package var isReady: Bool { state == "READY" }
}
