// SPDX-License-Identifier: Apache-2.0

import API
import Client
import Domain

/// A month in which an upstream system sends temperatures in Celsius: the platform must see a data fault and block retraining, not retrain.
struct CelsiusDrill: Sendable {
    /// Far enough not to meet the month it is made of, near enough to follow it.
    static let days = 31
    let steps: Steps
    let month: FlightMonth

    func run() async throws -> DemoReport.Celsius {
        let broken = try month.inCelsius().shifted(byDays: Self.days)
        _ = try await steps.replay(broken, as: "Drill: temperatures in Celsius")
        let firings = try await steps.firings()
        let evaluation = try await steps.evaluate(broken.interval)
        let isFaulty = evaluation.verdict == "faulty"
        // Blocked means: the server says so, and nothing was started.
        let started = try await steps.firings().contains { firing in
            firing.execution != nil && !firings.contains { $0.entry == firing.entry }
        }
        let incidents: Page<IncidentAnswer> = try await steps.cast.layla.get("/api/v1/incidents", ["open": "true"])
        for incident in incidents.items {
            let _: IncidentAnswer = try await steps.cast.layla.post(
                "/api/v1/incidents/\(incident.id)/close",
                CloseIncidentRequest(note: "The source sends Fahrenheit again.", resolution: "repaired"))
        }
        let reason = evaluation.reasons.joined(separator: " ")
        steps.progress.finish("Drill: temperatures in Celsius: \(evaluation.verdict). \(reason)")
        return DemoReport.Celsius(detected: isFaulty, retrainBlocked: isFaulty && !started && !incidents.items.isEmpty, reason: reason)
    }
}
