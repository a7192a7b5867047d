// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
import Foundation
import Governance

/// Asks the guards outside of rollouts that are under way, each as often as its plan says, through the one way out of the server.
package struct OutsideGuards: Sendable {
    private let rollouts: Rollouts
    private let egress: any EgressClient
    private let clock: any WallClock
    private let sql: Query?

    /// Asks a guard in SQL.
    package typealias Query = @Sendable (_ rule: OutsideGuard, _ rollout: Rollout, _ workspace: String) async throws -> Double

    /// - Parameter sql: Nil where nothing can answer queries; guards in SQL are inconclusive then.
    package init(rollouts: Rollouts, egress: any EgressClient, sql: Query? = nil) {
        self.rollouts = rollouts
        self.egress = egress
        self.sql = sql
        clock = rollouts.governor.clock
    }

    /// Asks every guard whose time has come, and hands what they said to their rollouts.
    ///
    /// - Returns: The errors of single rollouts, which do not hold up the others.
    @discardableResult
    package func readDue() async throws -> [any Error] {
        var errors: [any Error] = []
        for (workspace, rollout) in try await rollouts.active() {
            let due = rollout.state.guardsDue(at: clock.now())
            guard !due.isEmpty else { continue }
            do {
                let readings = await withTaskGroup(of: GuardReading.self) { group in
                    for rule in due { group.addTask { await read(rule, of: rollout, in: workspace) } }
                    return await group.reduce(into: [GuardReading]()) { $0.append($1) }
                }
                try Task.checkCancellation()
                _ = try await rollouts.note(readings, of: rollout.id, by: .controller("rollouts", in: workspace))
            } catch let error as CancellationError {
                throw error
            } catch {
                errors.append(error)
            }
        }
        return errors
    }

    /// Whatever goes wrong is a reading too: an inconclusive one.
    private func read(_ rule: OutsideGuard, of rollout: Rollout, in workspace: String) async -> GuardReading {
        do {
            if rule.source == .sql {
                guard let sql else { throw Self.unreadable("This server has nothing that answers SQL.") }
                return rule.judge(try await sql(rule, rollout, workspace), at: clock.now())
            }
            let answer = try await egress.send(try Self.request(rule, rollout))
            guard answer.status == 200 else { throw Self.unreadable("It answered with status \(answer.status).") }
            return rule.judge(try Self.number(rule.source, in: answer.body), at: clock.now())
        } catch {
            let why = (error as? Problem).map { $0.why ?? $0.what } ?? "It cannot be asked."
            return GuardReading(guardName: rule.name, outcome: .inconclusive, note: why.printable, time: clock.now())
        }
    }

    private static func request(_ rule: OutsideGuard, _ rollout: Rollout) throws -> EgressRequest {
        switch rule.source {
        case .prometheus:
            let query = (rule.query ?? "").addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
            return EgressRequest(
                url: try EgressURL(rule.url + (rule.url.hasSuffix("/") ? "" : "/") + "api/v1/query"),
                headers: [("Content-Type", "application/x-www-form-urlencoded")], body: Array("query=\(query)".utf8))
        case .sql: preconditionFailure("SQL is not asked over the network.")
        case .webhook:
            let body: JSONValue = [
                "guard": .string(rule.name), "rollout": .string(rollout.id), "endpoint": .string(rollout.endpoint),
                "candidate": .integer(Int64(rollout.candidate)), "stable": rollout.stable.map { .integer(Int64($0)) } ?? .null,
                "percent": .integer(Int64(rollout.state.percent)),
            ]
            return EgressRequest(
                url: try EgressURL(rule.url), headers: [("Content-Type", "application/json")], body: Array(try body.compactText().utf8))
        }
    }

    private struct PrometheusAnswer: Decodable {
        struct Data: Decodable {
            var resultType: String
            var result: JSONValue
        }

        var status: String
        var data: Data?
    }

    private struct WebhookAnswer: Decodable {
        var value: Double
    }

    static func number(_ source: OutsideGuard.Source, in body: [UInt8]) throws -> Double {
        guard source == .prometheus else {
            guard let answer = try? JSONDecoder().decode(WebhookAnswer.self, from: Data(body)) else {
                throw unreadable("It answered with something else than {\"value\": NUMBER}.")
            }
            return answer.value
        }
        guard let answer = try? JSONDecoder().decode(PrometheusAnswer.self, from: Data(body)), answer.status == "success",
            let data = answer.data
        else { throw unreadable("Prometheus did not answer the query.") }
        var sample: JSONValue? = data.result
        if data.resultType == "vector" {
            guard case .array(let series) = data.result, series.count == 1 else {
                throw unreadable("The query gives \(data.result.elements.count) series, not one.")
            }
            sample = series[0]["value"]
        }
        // A sample is its time and its value, the latter as text.
        guard let pair = sample?.elements, pair.count == 2, let text = pair[1].text, let value = Double(text) else {
            throw unreadable("The query does not give one number.")
        }
        return value
    }

    private static func unreadable(_ why: String) -> Problem {
        Problem(.unavailable, "delivery.guard.unreadable", "A guard could not be read.", why: why)
    }
}

extension JSONValue {
    fileprivate var elements: [JSONValue] { if case .array(let elements) = self { elements } else { [] } }
}

extension RolloutState {
    /// Guards that were not read for as long as their interval.
    func guardsDue(at now: Timestamp) -> [OutsideGuard] {
        guard phase.isActive else { return [] }
        return plan.guards.filter { rule in
            position.guards[rule.name].map { now >= $0.last.time + .seconds(rule.intervalSeconds) || now < $0.last.time } ?? true
        }
    }
}
