// SPDX-License-Identifier: Apache-2.0

import Backends
import Delivery
import Domain
import Foundation
import Governance
import Monitoring
import Serving
import Synchronization
import TestSupport

/// An endpoint with two revisions, its prediction log and Monitoring over a fresh database.
struct World {
    static let endpoint = "delays"
    static let workspace = "main"
    static let day: Int64 = 86_400_000
    /// 2013-01-01.
    static let beginning: Int64 = 1_356_998_400_000

    let database: any Database
    let clock = TestClock()
    let governor: Governor
    let monitors: Monitors
    let incidents: Incidents
    let amina = World.caller("amina", .operator)
    let viewer = World.caller("vera", .viewer)

    static func run(on engine: TestDatabase, _ body: (World) async throws -> Void) async throws {
        let lists = [
            GovernanceMigrations.list, LedgerMigrations.list, DeliveryMigrations.list, GateMigrations.list, ApprovalMigrations.list,
            BlobMigrations.list, ServingMigrations.list, RevisionLoadMigrations.list, ArchiveMigrations.list, MonitoringMigrations.list,
            IncidentMigrations.list, ReferenceMigrations.list,
        ]
        try await engine.withDatabase(lists) { try await body(World($0)) }
    }

    private init(_ database: any Database) async throws {
        self.database = database
        governor = Governor(database: database, clock: clock, identifiers: IdentifierSource(clock: clock))
        monitors = Monitors(governor: governor)
        incidents = Incidents(governor: governor)
        let callers = [amina, viewer]
        try await database.write { transaction in
            for caller in callers {
                try PrincipalTable(transaction: transaction).insert(caller.principal, at: Timestamp(milliseconds: 0))
                for role in caller.session.roles[Self.workspace] ?? [] {
                    try BindingTable(transaction: transaction).insert(
                        Binding(principal: caller.principal.name, workspace: Self.workspace, role: role), at: Timestamp(milliseconds: 0))
                }
            }
            for number in 1...2 {
                try transaction.execute(
                    "INSERT INTO revision (workspace, endpoint, number, model, version, release, created) VALUES (?, ?, ?, ?, ?, ?, ?)",
                    Self.workspace, Self.endpoint, number, "flights", number, "release-\(number)", Timestamp(milliseconds: 0))
            }
        }
    }

    private static func caller(_ name: String, _ role: Role) -> Caller {
        Caller(
            session: Session(principal: Principal(name: name, kind: .user), tokenID: nil, roles: [workspace: [role]]), workspace: workspace)
    }
}

extension World {
    /// Window `index` is the thirty days from `beginning` on, the next thirty, …
    static func window(_ index: Int) -> Window {
        let start = beginning + Int64(index) * 30 * day
        return Window(start: Timestamp(milliseconds: start), end: Timestamp(milliseconds: start + 30 * day))
    }

    /// One row to log: what goes in, what comes out, and what turns out to be true.
    struct Answer {
        var inputs: [String: JSONValue] = [:]
        var score: Double? = 0.5
        var label: Double?
        var revision = 1
        var candidate: Int?
        var candidatePercent = 0
        var microseconds: Int64?
    }

    /// Logs the answers, spread evenly over the window, with their labels.
    func log(_ answers: [Answer], in window: Window, prefix: String) async throws {
        let now = clock.now()
        let step = (window.end.milliseconds - window.start.milliseconds) / Int64(max(answers.count, 1))
        let predictions = answers.enumerated().map { index, answer in
            (
                workspace: Self.workspace,
                prediction: Prediction(
                    id: "\(prefix).\(index)", endpoint: Self.endpoint,
                    time: Timestamp(milliseconds: window.start.milliseconds + Int64(index) * step), revision: answer.revision,
                    candidate: answer.candidate, candidatePercent: answer.candidatePercent, inputs: answer.inputs, score: answer.score,
                    logged: now, microseconds: answer.microseconds)
            )
        }
        try await database.write { try PredictionTable(transaction: $0).insert(predictions) }
        let labels = answers.enumerated().compactMap { index, answer in answer.label.map { (id: "\(prefix).\(index)", value: $0) } }
        try await label(labels)
    }

    func label(_ labels: [(id: String, value: Double)]) async throws {
        let now = clock.now()
        try await database.write { transaction in
            for label in labels {
                try transaction.execute(
                    "INSERT INTO label (workspace, endpoint, prediction, value, received) VALUES (?, ?, ?, ?, ?)", Self.workspace,
                    Self.endpoint, label.id, label.value, now)
            }
        }
    }

    func verbs() async throws -> [String] {
        try await database.read { try $0.rows("SELECT verb FROM ledger_entry ORDER BY id").map { try $0["verb"] } }
    }
}

final class TestClock: WallClock {
    private let time = Mutex(Timestamp(milliseconds: 1_700_000_000_000))

    func now() -> Timestamp { time.withLock { $0 } }
    func advance(by duration: Duration) { time.withLock { $0 = $0 + duration } }
}

/// Columns of Tests/Golden/drift; nil is an empty field.
enum GoldenFile {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(
        path: "Golden/drift")

    static func rows(of file: String) throws -> [[String: String]] {
        let lines = try String(contentsOf: folder.appending(path: file), encoding: .utf8).split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        return lines.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(lines[0], $0)) }
    }

    /// One side of one pair, as the inputs of predictions.
    static func column(of file: String, pair: String, side: String) throws -> [JSONValue] {
        try rows(of: file).filter { $0["pair"] == pair && $0["side"] == side }.map { row in
            guard let text = row["value"], !text.isEmpty else { return .null }
            return Double(text).map { .number($0) } ?? .string(text)
        }
    }

    static func vectors() throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: Data(contentsOf: folder.deletingLastPathComponent().appending(path: "drift.json")))
    }
}

/// The code of the problem that `body` throws; nil when it throws none.
func code(_ body: () async throws -> Void) async throws -> String? {
    do {
        try await body()
        return nil
    } catch let problem as Problem {
        return problem.code
    }
}
