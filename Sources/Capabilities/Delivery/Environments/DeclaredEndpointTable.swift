// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// Rows of `declared_endpoint`: the rules of endpoints, whether or not something was released to them.
struct DeclaredEndpointTable {
    let transaction: any Transaction
    let workspace: String

    func find(_ name: String) throws -> EndpointSpecification? {
        try transaction.row("SELECT document FROM declared_endpoint WHERE workspace = ? AND name = ?", workspace, name).map {
            try DocumentText.decode(EndpointSpecification.self, from: try $0["document"])
        }
    }

    /// Names of the endpoints in an environment, ascending.
    func names(in environment: String) throws -> [String] {
        try transaction.rows(
            "SELECT name FROM declared_endpoint WHERE workspace = ? AND environment = ? ORDER BY name", workspace, environment
        ).map { try $0["name"] }
    }

    func put(_ endpoint: EndpointSpecification, at time: Timestamp) throws {
        try transaction.execute(
            """
            INSERT INTO declared_endpoint (workspace, name, environment, document, changed) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (workspace, name) DO UPDATE SET
                environment = excluded.environment, document = excluded.document, changed = excluded.changed
            """, workspace, endpoint.name, endpoint.environment, try DocumentText.encode(endpoint), time)
    }

    func delete(_ name: String) throws {
        try transaction.execute("DELETE FROM declared_endpoint WHERE workspace = ? AND name = ?", workspace, name)
    }
}
