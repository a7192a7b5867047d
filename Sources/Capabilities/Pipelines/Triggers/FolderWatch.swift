// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance

/// Looks at the folder of one trigger. A file counts as arrived when two looks, a second apart, find it the same; then it is read, and its
/// path and content make one event. Files that lay there before the trigger was made are not new.
struct FolderWatch: Sendable {
    /// Between the first look at a file as it is and the look that takes it.
    static let settling = Duration.seconds(1)
    /// Files taken in one look; the rest is taken in the next ones.
    static let mostTaken = 100

    let governor: Governor
    let folders: WatchedFolders
    let block: FiringDesk.Block

    /// What was known of a file at the last look.
    struct Seen: Sendable, Equatable {
        var mark: String
        var time: Timestamp
        var isSettled: Bool
    }

    /// What a look makes of what it finds. Pure.
    struct Findings: Sendable, Equatable {
        /// To be written down as they are now.
        var new: [FoundFile] = []
        /// There before the trigger, and so never events.
        var old: [FoundFile] = []
        var settled: [FoundFile] = []
        var gone: [String] = []

        init(_ files: [FoundFile], known: [String: Seen], created: Timestamp, at now: Timestamp) {
            for file in files {
                if let seen = known[file.path], seen.mark == file.mark {
                    // A clock that was put back is not waited for.
                    let hasWaited = now >= seen.time + FolderWatch.settling || now < seen.time
                    if !seen.isSettled, hasWaited { settled.append(file) }
                } else if known[file.path] == nil, file.changed < created {
                    old.append(file)
                } else {
                    new.append(file)
                }
            }
            let paths = Set(files.map(\.path))
            gone = known.keys.filter { !paths.contains($0) }.sorted()
        }
    }

    func look(for trigger: Trigger, in workspace: String) async throws {
        guard case .files(let source) = trigger.specification.source, let root = folders.paths[source.root] else { return }
        let listing = FolderListing(root: root)
        let files = try listing.files(in: source.folder, matching: try SourcePattern(source.pattern))
        let known = try await governor.database.read { try TriggerFileTable(of: trigger.name, in: workspace, $0).all() }
        let findings = Findings(files, known: known, created: trigger.created, at: governor.clock.now())
        try await note(findings, for: trigger, in: workspace)
        for file in findings.settled.prefix(Self.mostTaken) {
            try Task.checkCancellation()
            // One that was written to in between is new in the next look.
            guard let arrived = try listing.read(file) else { continue }
            try await take(arrived, as: file, root: source.root, for: trigger, in: workspace)
        }
    }

    private func note(_ findings: Findings, for trigger: Trigger, in workspace: String) async throws {
        guard !(findings.new.isEmpty && findings.old.isEmpty && findings.gone.isEmpty) else { return }
        let now = governor.clock.now()
        try await governor.database.write { transaction in
            // A trigger that was deleted meanwhile leaves nothing behind.
            guard try TriggerTable(transaction: transaction, workspace: workspace).find(trigger.name) != nil else { return }
            let table = TriggerFileTable(of: trigger.name, in: workspace, transaction)
            for file in findings.new { try table.save(file.path, Seen(mark: file.mark, time: now, isSettled: false)) }
            for file in findings.old { try table.save(file.path, Seen(mark: file.mark, time: now, isSettled: true)) }
            for path in findings.gone { try table.delete(path) }
        }
    }

    private func take(_ arrived: ArrivedFile, as file: FoundFile, root: String, for trigger: Trigger, in workspace: String) async throws {
        let block = block
        _ = try await governor.change(.executionStart, by: trigger.caller(in: workspace)) { change in
            let table = TriggerTable(transaction: change.transaction, workspace: workspace)
            guard let current = try table.find(trigger.name), current.paused == nil, current.generation == trigger.generation else {
                return Nothing()
            }
            let event = TriggerEvent(arrived, root: root, at: change.time)
            var desk = FiringDesk(current, change, block: block)
            _ = try desk.take(event, TriggerExpressions.answer(current.specification, to: event))
            try TriggerFileTable(of: trigger.name, in: workspace, change.transaction)
                .save(file.path, Seen(mark: file.mark, time: change.time, isSettled: true))
            return Nothing()
        }
    }
}

/// What is known of the files of a trigger's folder.
struct TriggerFileTable {
    private let transaction: any Transaction
    private let workspace: String
    private let trigger: String

    init(of trigger: String, in workspace: String, _ transaction: any Transaction) {
        self.transaction = transaction
        self.workspace = workspace
        self.trigger = trigger
    }

    func all() throws -> [String: FolderWatch.Seen] {
        var seen: [String: FolderWatch.Seen] = [:]
        for row in try transaction.rows("SELECT * FROM trigger_file WHERE workspace = ? AND name = ?", workspace, trigger) {
            let isSettled: Int = try row["is_settled"]
            seen[try row["path"]] = FolderWatch.Seen(mark: try row["mark"], time: try row["seen"], isSettled: isSettled != 0)
        }
        return seen
    }

    func save(_ path: String, _ seen: FolderWatch.Seen) throws {
        try transaction.execute(
            """
            INSERT INTO trigger_file (workspace, name, path, mark, seen, is_settled) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (workspace, name, path) DO UPDATE SET mark = excluded.mark, seen = excluded.seen, is_settled = excluded.is_settled
            """, workspace, trigger, path, seen.mark, seen.time, seen.isSettled ? 1 : 0)
    }

    func delete(_ path: String) throws {
        try transaction.execute("DELETE FROM trigger_file WHERE workspace = ? AND name = ? AND path = ?", workspace, trigger, path)
    }
}
