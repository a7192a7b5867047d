// SPDX-License-Identifier: Apache-2.0

package import Domain
import Governance
import HTTPServer
import HTTPTypes

/// What clients can ask of servers that run beside them, and this one does not offer.
package enum Unoffered: CaseIterable, Sendable {
    case systemSharedMemory, cudaSharedMemory, tracing, logSettings, classification

    package var problem: Problem {
        switch self {
        case .systemSharedMemory, .cudaSharedMemory:
            Problem(
                .invalid, "inference.shared-memory.unoffered", "Shared memory is not offered.",
                why: "A client's memory is not read or written by the server.", fix: "Send tensors in the request, as raw bytes or JSON.")
        case .tracing:
            Problem(
                .invalid, "inference.trace-settings.unoffered", "Trace settings are not offered.",
                fix: "See the server's metrics, and the prediction log.")
        case .logSettings:
            Problem(
                .invalid, "inference.log-settings.unoffered", "Log settings are not offered.",
                fix: "Start the server with --log-level.")
        case .classification:
            Problem(
                .invalid, "inference.classification.unoffered", "Outputs are not answered as classes.",
                fix: "Leave the parameter 'classification' (the client's class_count) out and take the largest values yourself.")
        }
    }

    var routes: [Route] {
        let paths: [(HTTPRequest.Method, String)] =
            switch self {
            case .systemSharedMemory: [(.get, "/v2/systemsharedmemory/**"), (.post, "/v2/systemsharedmemory/**")]
            case .cudaSharedMemory: [(.get, "/v2/cudasharedmemory/**"), (.post, "/v2/cudasharedmemory/**")]
            case .tracing:
                ["/v2/trace/setting", "/v2/models/{model}/trace/setting"].flatMap { [(.get, $0), (.post, $0)] }
            case .logSettings: [(.get, "/v2/logging"), (.post, "/v2/logging")]
            case .classification: []
            }
        return paths.map { method, path in
            Route(method, path, .permission(.endpointRead), problems: .inference) { _, _ in throw problem }
        }
    }
}
