// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Governance
import Monitoring
import TestSupport
import Testing

@Suite("Notifications of incidents")
struct NotificationTests {
    private let start = Timestamp(milliseconds: 1_699_000_000_000)

    private func alert(
        _ isFiring: Bool, _ name: String = "HighLatency", at time: Timestamp? = nil, labels: [String: String] = [:]
    ) -> OutsideAlert {
        OutsideAlert(
            isFiring: isFiring, name: name, labels: labels.merging(["endpoint": "delays", "severity": "warning"]) { $1 },
            summary: "Slow & <late>.", startsAt: time ?? start, fingerprint: "f1")
    }

    /// How many incidents were opened and closed.
    private func take(_ alerts: [OutsideAlert], _ world: World) async throws -> [Int] {
        let count = try await OutsideAlerts(governor: world.governor).take(alerts, by: world.amina)
        return [count.opened, count.closed]
    }

    private func entries(_ world: World) async throws -> [LedgerEntry] {
        try await world.database.read { transaction in
            let ids: [String] = try transaction.rows("SELECT id FROM ledger_entry WHERE verb LIKE 'incident.%' ORDER BY id").map {
                try $0["id"]
            }
            return try ids.compactMap { try LedgerReader(transaction: transaction).entry(id: $0)?.entry }
        }
    }

    @Test("an alert of outside is one incident while it fires, however often it is told", arguments: TestDatabase.allCases)
    func alerts(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let alerts = OutsideAlerts(governor: world.governor)
            #expect(try await take([alert(true)], world) == [1, 0])
            #expect(try await take([alert(true)], world) == [0, 0])
            let incident = try #require(try await world.incidents.incidents(by: world.viewer).first)
            #expect(incident.kind == .external && incident.severity == .warning && incident.rule == "HighLatency")
            #expect(incident.endpoint == "delays" && incident.evaluation == nil)
            #expect(try await world.incidents.open(endpoint: "delays", by: world.viewer).isEmpty)
            #expect(try await take([alert(false), alert(false)], world) == [0, 1])
            // Told again by a late message, the same alert is over; one that began later is another.
            #expect(try await alerts.take([alert(true)], by: world.amina).opened == 0)
            #expect(try await alerts.take([alert(true, at: start + .seconds(60))], by: world.amina).opened == 1)
            // What we told ourselves comes back.
            let own = alert(true, "performance", labels: [AlertmanagerFormat.incidentLabel: "x"])
            #expect(try await alerts.take([own], by: world.amina).opened == 0)
            let story = try await world.incidents.story(of: incident.id, by: world.viewer)
            #expect(story.timeline.map(\.act) == [.opened, .closed] && story.causes == nil)
        }
    }

    @Test("Slack is told in words, Alertmanager in alerts that keep their labels", arguments: TestDatabase.allCases)
    func formats(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let alerts = OutsideAlerts(governor: world.governor)
            _ = try await alerts.take([alert(true)], by: world.amina)
            let outside = try #require(try await entries(world).first)
            let slack = SlackFormat()
            let manager = AlertmanagerFormat()
            try await world.database.read { transaction in
                let message = try #require(try slack.message(about: outside, for: ["incident.*"], in: transaction))
                #expect(message.event == "incident.opened" && message.body.contains("Slow &amp; &lt;late&gt;."))
                #expect(try slack.message(about: outside, for: ["version.registered"], in: transaction) == nil)
                // An alert of Alertmanager's own is not told back.
                #expect(try manager.message(about: outside, for: ["incident.*"], in: transaction) == nil)
            }
            _ = try await world.monitors.apply(
                MonitorSpecification(
                    name: "watch", endpoint: World.endpoint, features: [], label: nil, alarms: AlarmRule(raise: 1, of: 1),
                    checks: [MonitorCheck("rows", .volume, minimum: 10)]), by: world.amina)
            _ = try await world.monitors.evaluate("watch", World.window(1), by: world.amina)
            let opened = try #require(try await entries(world).last)
            func told(_ entry: LedgerEntry) async throws -> [String: JSONValue] {
                let message = try await world.database.read { try manager.message(about: entry, for: ["*"], in: $0) }
                let list = try JSONDecoder().decode([JSONValue].self, from: Data(try #require(message).body.utf8))
                guard case .object(let alert)? = list.first else { return [:] }
                return alert
            }
            let firing = try await told(opened)
            let id = try #require(try await world.incidents.incidents(IncidentFilter(monitor: "watch"), by: world.viewer).first?.id)
            _ = try await world.incidents.close(id, note: "Feed is back.", by: world.amina)
            let resolved = try await told(try #require(try await entries(world).last))
            #expect(firing["labels"] == resolved["labels"] && firing["startsAt"] == resolved["startsAt"])
            #expect(firing["endsAt"] != resolved["endsAt"] && resolved["endsAt"]?.text == world.clock.now().rfc3339)
            #expect(throws: Problem.self) { try manager.check(event: "version.registered") }
            #expect(try slack.example(of: "*", in: "main", at: start).body.contains("test"))
            #expect(try manager.example(of: "*", in: "main", at: start).body.contains("alertname"))
        }
    }
}
