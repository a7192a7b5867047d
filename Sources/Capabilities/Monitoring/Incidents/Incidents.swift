// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
package import Governance

/// Data faults that wait for a person. While one is open, nothing may be retrained on its endpoint's data.
package struct Incidents: Sendable {
    package static let maximumNote = 2000

    private let governor: Governor

    package init(governor: Governor) {
        self.governor = governor
    }

    /// Open incidents of an endpoint, oldest first; for use inside the transaction of whoever decides about a retraining.
    package static func open(endpoint: String, workspace: String, in transaction: any Transaction) throws -> [Incident] {
        try IncidentTable(transaction: transaction, workspace: workspace).open(endpoint: endpoint)
    }

    package func open(endpoint: String, by caller: Caller) async throws -> [Incident] {
        try await governor.read(.monitoringRead, by: caller) { transaction in
            try Self.open(endpoint: endpoint, workspace: caller.workspace, in: transaction)
        }
    }

    /// Newest first.
    ///
    /// - Parameter after: The id of the last incident already seen.
    package func incidents(
        endpoint: String? = nil, isOpen: Bool? = nil, after: String? = nil, limit: Int = 100, by caller: Caller
    ) async throws -> [Incident] {
        try await governor.read(.monitoringRead, by: caller) { transaction in
            try IncidentTable(transaction: transaction, workspace: caller.workspace).list(
                endpoint: endpoint, isOpen: isOpen, after: after, limit: limit)
        }
    }

    /// Says what became of it, in a person's words; only its digest goes to the ledger.
    ///
    /// - Throws: `Problem` `.notFound`; `.conflict` when it is closed already.
    package func close(_ id: String, note: String, resolution: Incident.Resolution = .repaired, by caller: Caller) async throws -> Incident
    {
        guard (1...Self.maximumNote).contains(note.utf8.count), !note.utf8.contains(0) else {
            throw Problem(.invalid, "monitoring.incident.note", "Closing an incident needs a note of 1 to \(Self.maximumNote) bytes.")
        }
        return try await governor.change(.monitorWrite, by: caller) { change in
            let table = IncidentTable(transaction: change.transaction, workspace: caller.workspace)
            var incident = try table.require(id)
            guard incident.closed == nil else {
                throw Problem(.conflict, "monitoring.incident.closed", "Incident '\(id.printable)' is closed already.")
            }
            incident.closed = change.time
            incident.closedBy = caller.principal.qualifiedName
            incident.resolution = resolution
            incident.note = note
            try table.close(incident)
            try change.record(
                "incident.closed", on: "incident/\(id)",
                [
                    "endpoint": .string(incident.endpoint), "monitor": .string(incident.monitor),
                    "resolution": .string(resolution.rawValue),
                    "noteDigest": .string(DocumentText.digest(of: note).description),
                ])
            return incident
        }
    }
}
