// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
import Governance
import HTTPTypes
package import Hummingbird
import Logging

/// All routes of the server, made into one router that authenticates and authorises before anything is dispatched.
package struct RouteTable: Sendable {
    package let routes: [Route]
    private let gate: AccessGate
    private let observer: RequestObserver
    private let deadlines: RequestDeadlines
    private let identifiers: IdentifierSource
    /// Bytes per second; a body that comes more slowly may run out of its time.
    package static let slowestBody = 256 << 10

    package init(
        groups: [any RouteGroup], gate: AccessGate, observer: RequestObserver, deadlines: RequestDeadlines, identifiers: IdentifierSource
    ) {
        routes = groups.flatMap(\.routes)
        self.gate = gate
        self.observer = observer
        self.deadlines = deadlines
        self.identifiers = identifiers
    }

    package func router() -> Router<APIContext> {
        let router = Router(context: APIContext.self)
        router.add(middleware: RequestIdentity(observer: observer, identifiers: { identifiers.next() }))
        for route in routes {
            router.on(RouterPath(route.path), method: route.method) { request, context in
                await observer.observe(request, context, route: route.path) {
                    await answer(request, context, of: route)
                }
            }
        }
        addMethodRefusals(to: router)
        return router
    }

    private func answer(_ request: Request, _ context: APIContext, of route: Route) async -> Response {
        var context = context
        context.bodyLimit = route.bodyLimit
        do {
            if case .permission(let permission) = route.access {
                context.caller = try await gate.admit(request, requestID: context.requestID, for: permission)
            }
            let length = request.headers[.contentLength].flatMap(Int.init)
            if let length, length > route.bodyLimit { throw Problem.bodyTooLarge(limit: route.bodyLimit) }
            let transfer = Duration.seconds((length ?? route.bodyLimit) / Self.slowestBody)
            return try await deadlines.limit(to: route.timeLimit + transfer) { [context] in try await route.handler(request, context) }
        } catch {
            return ProblemMapping(form: route.problems).response(to: error, logger: context.logger)
        }
    }

    /// A known path with another method is 405, not 404.
    private func addMethodRefusals(to router: Router<APIContext>) {
        let methods: [HTTPRequest.Method] = [.get, .post, .put, .patch, .delete]
        for (path, group) in Dictionary(grouping: routes, by: \.path) {
            let allowed = Set(group.map(\.method))
            let form = group[0].problems
            for method in methods where !allowed.contains(method) {
                router.on(RouterPath(path), method: method) { _, _ in
                    let problem = Problem(
                        .invalid, "request.method.unsupported", "\(method) is not supported here.",
                        fix: "Use \(allowed.map(\.rawValue).sorted().joined(separator: " or ")).")
                    var response = ProblemMapping(form: form).response(to: problem, status: .methodNotAllowed)
                    response.headers[.allow] = allowed.map(\.rawValue).sorted().joined(separator: ", ")
                    return response
                }
            }
        }
    }
}
