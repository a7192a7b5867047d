// SPDX-License-Identifier: Apache-2.0

import Domain
package import Governance
package import Hummingbird

/// What a handler knows of its request beside the request itself.
package struct APIContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// As sent in `X-Request-ID`, or made here; repeated in the response, the log and the ledger.
    package var requestID: String
    /// Set once the route's access has been checked.
    private var authorized: Caller?
    package var bodyLimit = Route.usualBodyLimit

    package init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        requestID = ""
    }

    package var maxUploadSize: Int { bodyLimit }

    /// - Precondition: The route is not open.
    package var caller: Caller {
        get {
            guard let authorized else { preconditionFailure("An open route has no caller.") }
            return authorized
        }
        set { authorized = newValue }
    }

    /// The path parameter, decoded once.
    ///
    /// - Throws: `Problem` `.invalid` when it is empty, is not UTF-8 or hides a path (`..`, `/`, `\`, control characters), also doubly encoded.
    package func parameter(_ name: String) throws -> String {
        guard let raw = coreContext.parameters.get(name) else {
            throw Problem(.internal, "request.parameter.missing", "The route has no parameter '\(name)'.")
        }
        return try PathSegment.decode(raw)
    }

    /// The decoded, checked segments that `**` caught.
    package func remainingPath() throws -> [String] {
        guard let raw = coreContext.parameters.get(String(Parameters.recursiveCaptureKey)) else { return [] }
        return try PathSegment.decodeAll(raw)
    }
}
