// SPDX-License-Identifier: Apache-2.0

package import Backends

/// What keeps a storm of events cheap. Applied after `TriggersMigrations`.
package enum TriggerActionsMigrations {
    package static let list = MigrationList(
        "trigger-actions",
        [
            Migration(
                1, "budgets counted by when events were decided, refusals told once",
                [
                    "ALTER TABLE pipeline_trigger ADD COLUMN refusal TEXT",
                    "UPDATE trigger_firing SET decided = time WHERE decided IS NULL AND state = 'done'",
                    "CREATE INDEX trigger_firing_started ON trigger_firing (workspace, name, decided) WHERE execution IS NOT NULL",
                ])
        ])
}
