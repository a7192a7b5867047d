// SPDX-License-Identifier: Apache-2.0

import Backends

/// Edges of what was made before edges were kept. Rows of users name their sources in JSON, so each pair is looked at once.
enum LineageBackfill {
    static let list = MigrationList(
        "lineage-backfill",
        [
            Migration(
                1, "edges of lineage from what is there",
                [
                    edges("snapshot", "version", "model_version", in: "used.snapshots"),
                    edges("snapshot", "execution", "execution", in: "used.parameters"),
                    edges("snapshot", "gate-report", "gate_report", in: "used.document"),
                    edges("run", "gate-report", "gate_report", in: "used.document"),
                    """
                    INSERT INTO lineage_edge (workspace, source_kind, source, user_kind, user_id)
                    SELECT workspace, 'run', run, 'version', id FROM model_version WHERE run IS NOT NULL ON CONFLICT DO NOTHING
                    """,
                ])
        ])

    private static func edges(
        _ source: String, _ user: String, _ users: String, in text: String
    ) -> String {
        """
        INSERT INTO lineage_edge (workspace, source_kind, source, user_kind, user_id)
        SELECT used.workspace, '\(source)', made.id, '\(user)', used.id FROM \(users) used, \(source) made
        WHERE made.workspace = used.workspace AND \(text) LIKE '%"' || made.id || '"%' ON CONFLICT DO NOTHING
        """
    }
}
