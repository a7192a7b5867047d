// SPDX-License-Identifier: Apache-2.0

import Domain
import Registry
import Tracking

/// Registered models and versions in MLflow's words.
extension JSONWriter {
    mutating func write(_ model: RegisteredModel, latest: [ModelVersion]) {
        member("name", model.name)
        member("creation_timestamp", model.created.milliseconds)
        member("last_updated_timestamp", model.updated.milliseconds)
        member("user_id", model.author)
        member("description", model.description)
        member("latest_versions", objects: latest) { version, writer in writer.write(version) }
        write("tags", model.tags)
        member("aliases", objects: model.aliases) { alias, writer in
            writer.member("alias", alias.alias)
            writer.member("version", String(alias.number))
        }
    }

    mutating func write(_ version: ModelVersion) {
        member("name", version.model)
        member("version", String(version.number))
        member("creation_timestamp", version.created.milliseconds)
        member("last_updated_timestamp", version.updated.milliseconds)
        member("user_id", version.author)
        member("current_stage", version.environment.stage)
        member("description", version.description)
        member("source", version.source)
        member("run_id", version.runID)
        member("status", "READY")
        write("tags", version.tags)
        member("run_link", version.runLink)
        member("aliases", texts: version.aliases)
        member("model_id", version.loggedModelID)
    }
}

extension VersionEnvironment {
    /// The protocol's word for it.
    var stage: String {
        switch self {
        case .none: "None"
        case .staging: "Staging"
        case .production: "Production"
        case .archived: "Archived"
        }
    }
}
