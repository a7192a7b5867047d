// SPDX-License-Identifier: Apache-2.0

import Registry
import Tracking

extension VersionDirectory {
    /// The alias that names a model's champion.
    package static let championAlias = "champion"

    /// The model registry's versions; the champion is the version that the alias `champion` names.
    package static let registry = VersionDirectory(
        author: { model, version, workspace, transaction in
            try ModelRegistry.find(model, .number(Int64(version)), in: workspace, transaction)?.author
        },
        champion: { model, workspace, transaction in
            try ModelRegistry.find(model, .alias(championAlias), in: workspace, transaction).map { Int($0.number) }
        },
        crown: { model, version, change in
            try ModelRegistry.setAlias(championAlias, of: model, to: Int64(version), in: change)
        },
        size: { model, version, workspace, transaction in
            let files = try ModelRegistry.find(model, .number(Int64(version)), in: workspace, transaction)?.files ?? []
            return files.isEmpty ? nil : files.reduce(0) { $0 + $1.size }
        },
        snapshots: { model, version, workspace, transaction in
            try ModelRegistry.find(model, .number(Int64(version)), in: workspace, transaction)?.snapshots ?? []
        },
        jurisdictions: { ids, workspace, transaction in
            let table = SnapshotTable(transaction: transaction, workspace: workspace)
            return try ids.map { try table.find($0)?.labels.jurisdiction }
        })
}
