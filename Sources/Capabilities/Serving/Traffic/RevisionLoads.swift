// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Delivery
import Domain
import Synchronization

/// What the revisions of rollouts under way take and refuse, counted in memory and written every second: the evidence of guards on
/// refused inputs and on saturation. A tester's requests for one revision are not counted.
///
/// A server that is killed loses what it counted in the last second.
package final class RevisionLoads: Sendable {
    struct Subject: Hashable {
        var endpoint: EndpointName
        var candidate: Int
        var revision: Int
        var percent: Int
    }

    struct Counts {
        var answered = 0
        var misfits = 0
        var shed = 0
        var mostAtOnce = 0

        mutating func add(_ other: Counts) {
            answered += other.answered
            misfits += other.misfits
            shed += other.shed
            mostAtOnce = max(mostAtOnce, other.mostAtOnce)
        }
    }

    private struct State {
        var counts: [Subject: Counts] = [:]
        /// Hashes of entities whose inputs were refused: requests of one depend on each other, so it counts once for a rollout.
        var entities: Set<Int> = []
    }

    private static let pause = Duration.seconds(1)
    private static let maximumEntities = 100_000

    private let database: any Database
    private let clock: any Clock<Duration>
    private let state = Mutex(State())

    package init(database: any Database, clock: any Clock<Duration> = ContinuousClock()) {
        self.database = database
        self.clock = clock
    }

    func noteAnswer(_ inference: Inference) {
        guard let candidate = inference.route.candidate, !inference.isChosen else { return }
        for group in inference.groups {
            let lane = inference.route.lanes[group.lane]
            add(Counts(answered: 1, mostAtOnce: lane.load.takeMost()), to: lane, candidate, inference.route)
        }
    }

    /// Takes in a refusal by one group's revision; what is neither its inputs' nor its room's fault is not counted.
    func note(_ error: any Error, _ group: Inference.Group, of inference: Inference) {
        guard let candidate = inference.route.candidate, !inference.isChosen, let problem = error as? Problem else { return }
        let lane = inference.route.lanes[group.lane]
        switch problem.kind {
        case .exhausted: add(Counts(shed: 1, mostAtOnce: lane.load.takeMost()), to: lane, candidate, inference.route)
        // Of a request that is nobody's, the revision of the first row is the one that says so: each by its share of traffic.
        case .invalid where group.rows.first == 0 && isNewEntity(of: inference, candidate):
            add(Counts(misfits: 1), to: lane, candidate, inference.route)
        default: break
        }
    }

    /// Writes now and then until its task is cancelled, and once more after.
    package func run() async {
        while !Task.isCancelled {
            try? await clock.sleep(for: Self.pause)
            await write()
        }
        await write()
    }

    /// Adds what was counted to the table; keeps it for the next time when the database is away.
    package func write() async {
        let counts = state.withLock { state in
            defer { state.counts = [:] }
            return state.counts
        }
        guard !counts.isEmpty else { return }
        do {
            try await database.write { transaction in
                let table = RevisionLoadTable(transaction: transaction)
                // Always in the same order, so that two servers do not wait for each other.
                for (subject, counts) in counts.sorted(by: { $0.key.place < $1.key.place }) { try table.add(counts, to: subject) }
            }
        } catch {
            state.withLock { state in for (subject, counts) in counts { state.counts[subject, default: Counts()].add(counts) } }
        }
    }

    private func add(_ counts: Counts, to lane: Route.Lane, _ candidate: Int, _ route: Route) {
        let subject = Subject(endpoint: route.name, candidate: candidate, revision: lane.revision, percent: route.candidatePercent)
        state.withLock { $0.counts[subject, default: Counts()].add(counts) }
    }

    private func isNewEntity(of inference: Inference, _ candidate: Int) -> Bool {
        guard let entity = inference.route.entity(of: inference.request) else { return true }
        var hasher = Hasher()
        hasher.combine(inference.route.name)
        hasher.combine(candidate)
        hasher.combine(entity)
        let hash = hasher.finalize()
        return state.withLock { $0.entities.count < Self.maximumEntities && $0.entities.insert(hash).inserted }
    }
}

extension RevisionLoads.Subject {
    fileprivate var place: (String, String, Int, Int) { ("\(endpoint.workspace)/\(endpoint.name)", "\(candidate)", revision, percent) }
}

/// Rows of `revision_load`.
package struct RevisionLoadTable {
    private let transaction: any Transaction

    package init(transaction: any Transaction) {
        self.transaction = transaction
    }

    func add(_ counts: RevisionLoads.Counts, to subject: RevisionLoads.Subject) throws {
        try transaction.execute(
            """
            INSERT INTO revision_load (workspace, endpoint, candidate, revision, candidate_percent, answered, misfits, shed, most_at_once)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (workspace, endpoint, candidate, revision, candidate_percent) DO UPDATE SET
                answered = revision_load.answered + excluded.answered, misfits = revision_load.misfits + excluded.misfits,
                shed = revision_load.shed + excluded.shed,
                most_at_once = CASE WHEN revision_load.most_at_once > excluded.most_at_once THEN revision_load.most_at_once
                    ELSE excluded.most_at_once END
            """, subject.endpoint.workspace, subject.endpoint.name, subject.candidate, subject.revision, subject.percent, counts.answered,
            counts.misfits, counts.shed, counts.mostAtOnce)
    }

    /// Of all revisions that answered while a candidate was on trial.
    package func loads(of endpoint: String, in workspace: String, candidate: Int) throws -> [RevisionLoad] {
        try transaction.rows(
            """
            SELECT revision, candidate_percent, answered, misfits, shed, most_at_once FROM revision_load
            WHERE workspace = ? AND endpoint = ? AND candidate = ? ORDER BY revision, candidate_percent
            """, workspace, endpoint, candidate
        ).map { row in
            let revision: Int = try row["revision"]
            return RevisionLoad(
                isCandidate: revision == candidate, percent: try row["candidate_percent"], answered: try row["answered"],
                misfits: try row["misfits"], shed: try row["shed"], mostAtOnce: try row["most_at_once"])
        }
    }
}
