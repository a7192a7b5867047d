// SPDX-License-Identifier: Apache-2.0

package import Governance
package import HTTPTypes
package import Hummingbird

/// One route as a value: where, who may, and what answers. A route that states no access does not exist.
package struct Route: Sendable {
    package typealias Handler = @Sendable (Request, APIContext) async throws -> Response

    package var method: HTTPRequest.Method
    /// Hummingbird's path syntax: `/api/v1/runs/{run}`; `**` takes the rest.
    package var path: String
    package var access: RouteAccess
    package var problems: ProblemForm
    /// Most bytes of a request body.
    package var bodyLimit: Int
    /// How long a request may take beside the time its body needs at `RouteTable.slowestBody`.
    package var timeLimit: Duration
    package var handler: Handler

    package init(
        _ method: HTTPRequest.Method, _ path: String, _ access: RouteAccess, problems: ProblemForm = .details,
        bodyLimit: Int = Self.usualBodyLimit, timeLimit: Duration = Self.usualTimeLimit,
        handler: @escaping Handler
    ) {
        self.method = method
        self.path = path
        self.access = access
        self.problems = problems
        self.bodyLimit = bodyLimit
        self.timeLimit = timeLimit
        self.handler = handler
    }

    /// 4 MiB.
    package static let usualBodyLimit = 4 << 20
    package static let usualTimeLimit = Duration.seconds(60)
    /// For what reads or rewrites stored files.
    package static let longTimeLimit = Duration.seconds(3600)
}

/// Who may use a route.
package enum RouteAccess: Sendable, Equatable {
    /// Anyone, without a token, for the reason given.
    case open(because: String)
    case permission(Permission)
}

/// The words a refusal takes at one edge.
package enum ProblemForm: Sendable {
    /// RFC 9457 problem details.
    case details
    /// MLflow's `error_code` and `message`.
    case mlflow
    /// The Open Inference Protocol's `error`.
    case inference
}

/// The routes of one resource or foreign protocol.
package protocol RouteGroup: Sendable {
    var routes: [Route] { get }
}
