// SPDX-License-Identifier: Apache-2.0

import HTTPServer
import HTTPTypes

/// What clients ask to find out whom they speak to.
struct MLflowServerRoutes: RouteGroup {
    /// The release of MLflow whose protocol is spoken; clients compare it with what they need.
    static let version = "3.17.2"

    var routes: [Route] {
        [
            Route(.get, "/health", .open(because: "Probes come without a token; it says only that the process answers.")) { _, _ in
                Answer.text("OK")
            },
            Route(.get, "/version", .open(because: "Clients choose their protocol by it before they log in; it tells no state.")) { _, _ in
                Answer.text(Self.version)
            },
        ]
    }
}
