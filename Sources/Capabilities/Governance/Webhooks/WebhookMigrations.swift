// SPDX-License-Identifier: Apache-2.0

package import Backends

/// Webhooks and what they are to be sent.
package enum WebhookMigrations {
    package static let list = MigrationList(
        "webhooks",
        [
            Migration(
                1, "webhooks and their deliveries",
                [
                    """
                    CREATE TABLE webhook (
                        id TEXT NOT NULL PRIMARY KEY,
                        workspace TEXT NOT NULL,
                        name TEXT NOT NULL,
                        url TEXT NOT NULL,
                        description TEXT,
                        events TEXT NOT NULL,
                        format TEXT NOT NULL,
                        status TEXT NOT NULL CHECK (status IN ('active', 'disabled')),
                        secret BYTEA,
                        secret_key TEXT,
                        author TEXT NOT NULL,
                        created BIGINT NOT NULL,
                        updated BIGINT NOT NULL,
                        CHECK ((secret IS NULL) = (secret_key IS NULL))
                    )
                    """,
                    "CREATE INDEX webhook_by_workspace ON webhook (workspace, id)",
                    """
                    CREATE TABLE webhook_delivery (
                        id TEXT NOT NULL PRIMARY KEY,
                        webhook TEXT NOT NULL REFERENCES webhook (id) ON DELETE CASCADE,
                        entry TEXT NOT NULL,
                        event TEXT NOT NULL,
                        body TEXT NOT NULL,
                        state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'dead')),
                        attempts BIGINT NOT NULL,
                        due BIGINT NOT NULL,
                        status BIGINT,
                        error TEXT,
                        created BIGINT NOT NULL,
                        ended BIGINT,
                        UNIQUE (webhook, entry)
                    )
                    """,
                    "CREATE INDEX webhook_delivery_due ON webhook_delivery (due, id) WHERE state = 'pending'",
                    "CREATE INDEX webhook_delivery_by_webhook ON webhook_delivery (webhook, id)",
                    "CREATE INDEX webhook_delivery_by_state ON webhook_delivery (webhook, state, id)",
                    "CREATE INDEX webhook_delivery_ended ON webhook_delivery (ended) WHERE ended IS NOT NULL",
                ])
        ])
}
