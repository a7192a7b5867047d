// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain
package import Governance

/// What waits for a person, and what people do about it. While a data fault is open, nothing may be retrained on its endpoint's data.
package struct Incidents: Sendable {
    package static let maximumNote = 2000
    package static let longestSnooze = Duration.seconds(90 * 86_400)

    let governor: Governor

    package init(governor: Governor) {
        self.governor = governor
    }

    /// Open incidents of an endpoint that hold back retraining, oldest first; for use inside the transaction of whoever decides about one.
    package static func open(endpoint: String, workspace: String, in transaction: any Transaction) throws -> [Incident] {
        try IncidentTable(transaction: transaction, workspace: workspace).open(endpoint: endpoint).filter(\.kind.blocksRetraining)
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
        _ filter: IncidentFilter = IncidentFilter(), after: String? = nil, limit: Int = 100, by caller: Caller
    ) async throws -> [Incident] {
        try await governor.read(.monitoringRead, by: caller) { transaction in
            try IncidentTable(transaction: transaction, workspace: caller.workspace).list(filter, after: after, limit: limit)
        }
    }

    /// An incident with its timeline, oldest entry first.
    package func incident(_ id: String, by caller: Caller) async throws -> (Incident, [IncidentEntry]) {
        try await governor.read(.monitoringRead, by: caller) { transaction in
            let incident = try IncidentTable(transaction: transaction, workspace: caller.workspace).require(id)
            return (incident, try IncidentEntryTable(transaction: transaction, workspace: caller.workspace).list(id))
        }
    }

    /// Someone looks at it; an incident that is acknowledged already stays as it is.
    package func acknowledge(_ id: String, note: String? = nil, by caller: Caller) async throws -> Incident {
        try await edit(id, note, by: caller) { incident, desk in
            guard incident.acknowledged == nil else { return }
            incident.acknowledged = desk.change.time
            incident.acknowledgedBy = desk.change.caller.principal.qualifiedName
            try desk.save(incident, .acknowledged, note: note)
        }
    }

    /// Keeps it quiet until a time; then it wakes, if it is still open.
    ///
    /// - Throws: `Problem` `.invalid` for a time that is past or more than 90 days ahead.
    package func snooze(_ id: String, until: Timestamp, note: String? = nil, by caller: Caller) async throws -> Incident {
        try await edit(id, note, by: caller) { incident, desk in
            guard until > desk.change.time, until - desk.change.time <= Self.longestSnooze else {
                throw Problem(
                    .invalid, "monitoring.incident.snooze", "The incident cannot be snoozed until then.",
                    why: "The time is in the future and at most 90 days ahead.")
            }
            incident.snoozedUntil = until
            try desk.save(incident, .snoozed, note: note, detail: until.rfc3339)
        }
    }

    /// Gives it to a principal, by name.
    package func assign(_ id: String, to owner: String, note: String? = nil, by caller: Caller) async throws -> Incident {
        try ResourceName.check(owner, of: "principal")
        return try await edit(id, note, by: caller) { incident, desk in
            guard incident.owner != owner else { return }
            incident.owner = owner
            try desk.save(incident, .assigned, note: note, detail: owner)
        }
    }

    package func comment(_ id: String, _ note: String, by caller: Caller) async throws -> Incident {
        try await edit(id, note, by: caller) { incident, desk in try desk.save(incident, .commented, note: note) }
    }

    /// Says what became of it, in a person's words; only its digest goes to the ledger.
    ///
    /// - Throws: `Problem` `.notFound`; `.conflict` when it is closed already; `.invalid` for a resolution that only a rule gives.
    package func close(_ id: String, note: String, resolution: Incident.Resolution = .repaired, by caller: Caller) async throws -> Incident
    {
        guard resolution.isGiven else {
            throw Problem(
                .invalid, "monitoring.incident.resolution", "'\(resolution.rawValue)' is not for people to say.",
                fix: "Use repaired, accepted or false-alarm.")
        }
        return try await edit(id, note, by: caller) { incident, desk in
            incident = try desk.close(incident, as: resolution, note: note)
        }
    }

    /// Wakes the incidents whose snooze is over; each is told of once, however many servers look.
    package func wake() async throws {
        let now = governor.clock.now()
        let due = try await governor.database.read { try IncidentTable.due(at: now, in: $0) }
        for (workspace, id) in due {
            _ = try await governor.change(.monitorWrite, by: .controller("monitors", in: workspace)) { change in
                guard var incident = try IncidentTable(transaction: change.transaction, workspace: workspace).find(id), incident.isOpen,
                    let until = incident.snoozedUntil, until <= change.time
                else { return Nothing() }
                incident.snoozedUntil = nil
                try IncidentDesk(change: change).save(incident, .woken, note: nil)
                return Nothing()
            }
        }
    }

    private func edit(
        _ id: String, _ note: String?, by caller: Caller, _ body: @escaping @Sendable (inout Incident, IncidentDesk) throws -> Void
    ) async throws -> Incident {
        if let note, !(1...Self.maximumNote).contains(note.utf8.count) || note.utf8.contains(0) {
            throw Problem(.invalid, "monitoring.incident.note", "A note about an incident has 1 to \(Self.maximumNote) bytes.")
        }
        return try await governor.change(.monitorWrite, by: caller) { change in
            var incident = try IncidentTable(transaction: change.transaction, workspace: caller.workspace).require(id)
            guard incident.isOpen else {
                throw Problem(.conflict, "monitoring.incident.closed", "Incident '\(id.printable)' is closed already.")
            }
            try body(&incident, IncidentDesk(change: change))
            return incident
        }
    }
}
