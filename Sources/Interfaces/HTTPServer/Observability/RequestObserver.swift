// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import Logging

/// Counts, times and logs each answered request under its route (never its path, which has no bound).
package struct RequestObserver: Sendable {
    package let metrics: ServerMetrics
    private let clock = ContinuousClock()

    package init(metrics: ServerMetrics) {
        self.metrics = metrics
    }

    func observe(
        _ request: Request, _ context: APIContext, route: String, answering: () async throws -> Response
    ) async rethrows -> Response {
        let start = clock.now
        let response = try await answering()
        let elapsed = clock.now - start
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
        let status = String(response.status.code)
        metrics.count("dhow_http_requests_total", [("method", request.method.rawValue), ("route", route), ("status", status)])
        metrics.observe("dhow_http_request_seconds", [("route", route)], seconds: seconds)
        context.logger.info(
            "request",
            metadata: [
                "method": .string(request.method.rawValue), "route": .string(route), "status": .string(status),
                "milliseconds": .string(String(Double(Int(seconds * 1e5)) / 100)),
            ])
        return response
    }
}
