// SPDX-License-Identifier: Apache-2.0

import Foundation
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
            + ["/api/", "/ajax-api/"].map { prefix in
                Route(
                    .get, prefix + "3.0/mlflow/server-info",
                    .open(because: "Clients ask it before they log in; it tells what the protocol offers and no state.")
                ) { _, _ in Answer.data(Data(Self.info.bytes), type: "application/json") }
            }
    }

    /// Uploads in parts work, but a client that is told so sends every large file that way, to addresses and with trust of its own
    /// choosing; whole files are streamed as well, so it is left to those who ask for it.
    private static let info = JSONWriter.object { writer in
        writer.member("workspaces_enabled", true)
        writer.member("trace_archival_enabled", false)
        writer.member("multipart_uploads_enabled", false)
        writer.member("multipart_downloads_enabled", false)
        writer.member("presigned_upload_run_id_supported", true)
        writer.member("presigned_upload_model_id_supported", true)
        writer.member("features_enabled") { $0.member("gateway", false) }
    }
}
