// SPDX-License-Identifier: Apache-2.0

import API
import Domain
import Foundation
import Governance
import Hummingbird
package import Serving

/// How endpoints answer, and what their mirrors said.
package struct EndpointSettingsRoutes: RouteGroup {
    private let configuration: EndpointConfiguration
    private let endpoints: Endpoints

    package init(configuration: EndpointConfiguration, endpoints: Endpoints) {
        self.configuration = configuration
        self.endpoints = endpoints
    }

    package var routes: [Route] {
        [
            Route(.get, "/api/v1/endpoints/{endpoint}/settings", .permission(.endpointRead), handler: show),
            Route(.put, "/api/v1/endpoints/{endpoint}/settings", .permission(.endpointWrite), handler: replace),
            Route(.get, "/api/v1/endpoints/{endpoint}/mirror", .permission(.endpointRead), handler: mirror),
        ]
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        try Answer.json(try await configuration.settings(of: try context.parameter("endpoint"), by: context.caller))
    }

    private func replace(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let endpoint = try context.parameter("endpoint")
        let given = try await RequestBody.json(JSONValue.self, of: request, &context)
        let settings: EndpointSettings
        do {
            settings = try JSONDecoder().decode(EndpointSettings.self, from: try JSONEncoder().encode(given))
        } catch let error as DecodingError {
            throw Problem(
                .invalid, "serving.settings.malformed", "The endpoint's settings cannot be read.", why: "\(error)",
                fix: "See docs/serving.md for the settings and their types.")
        }
        // A misspelt setting would otherwise be one that silently does nothing.
        let known = try JSONDecoder().decode(JSONValue.self, from: try JSONEncoder().encode(settings))
        if let unknown = Self.firstUnknown(in: given, beside: known) {
            throw Problem(
                .invalid, "serving.settings.unknown", "There is no setting '\(unknown.printable)'.",
                fix: "See docs/serving.md for those there are.")
        }
        return try Answer.json(try await configuration.set(settings, of: endpoint, by: context.caller))
    }

    private func mirror(_ request: Request, _ context: APIContext) async throws -> Response {
        let (mirror, comparison) = try await endpoints.mirror(of: try context.parameter("endpoint"), by: context.caller)
        return try Answer.json(
            MirrorAnswer(
                model: mirror.model, version: mirror.version, percent: mirror.percent, rows: comparison.rows, failed: comparison.failed,
                paired: comparison.paired, meanDifference: comparison.meanDifference,
                meanAbsoluteDifference: comparison.meanAbsoluteDifference, flipped: comparison.flipped))
    }

    private static func firstUnknown(in given: JSONValue, beside known: JSONValue?) -> String? {
        guard case .object(let members) = given else { return nil }
        for (name, value) in members.sorted(by: { $0.key < $1.key }) where value != .null {
            guard let kept = known?[name] else { return name }
            if let unknown = firstUnknown(in: value, beside: kept) { return "\(name).\(unknown)" }
        }
        return nil
    }
}
