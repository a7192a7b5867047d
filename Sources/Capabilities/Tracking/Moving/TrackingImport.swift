// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
package import Governance

/// Stores what comes over from a source as part of a change.
///
/// Storing the same again changes nothing. A name or id that something else has here already is a conflict, and refuses the batch.
package struct TrackingImport {
    /// Larger ids are not kept: they could not be told apart by clients that count in floating point.
    static let largestExperimentID: Int64 = 1 << 53
    /// Ids given out here go on after the largest kept one up to this.
    static let largestCountedID: Int64 = 1_000_000_000
    static let maximumValueBytes = 1 << 20
    static let maximumIDBytes = 64

    private let change: Change
    private let item: Import
    private let imports: ImportTable

    package init(_ item: Import, in change: Change) {
        self.change = change
        self.item = item
        imports = ImportTable(transaction: change.transaction, workspace: change.workspace)
    }

    package func store(_ content: ImportedTracking) throws {
        for experiment in content.experiments { try store(experiment) }
        for model in content.loggedModels { try store(model) }
        for run in content.runs { try store(run) }
        let metrics = MetricTable(transaction: change.transaction)
        for (run, points) in content.metrics {
            try requireImported(run, .run)
            for point in points { try check(Tag(point.key, "")) }
            try metrics.log(points, on: try RunTable(transaction: change.transaction, workspace: change.workspace).get(run))
        }
        for artifact in content.artifacts { try store(artifact) }
    }

    /// The folder of artifacts of something that came over; nil when they are in another store.
    ///
    /// - Throws: `Problem` `.invalid` when it did not come with this import.
    package func folder(of owner: ArtifactOwner) throws -> ArtifactPath? {
        switch owner {
        case .run(let id): try requireImported(id, .run)
        case .loggedModel(let id): try requireImported(id, .loggedModel)
        }
        return try Self.folder(of: owner, workspace: change.workspace, in: change.transaction)
    }

    /// The same for anything of the workspace; nil too when there is no such thing.
    package static func folder(of owner: ArtifactOwner, workspace: String, in transaction: any Transaction) throws -> ArtifactPath? {
        let location: ArtifactLocation? =
            switch owner {
            case .run(let id): try RunTable(transaction: transaction, workspace: workspace).find(id)?.location
            case .loggedModel(let id): try LoggedModelTable(transaction: transaction, workspace: workspace).location(of: id)
            }
        guard case .stored(let folder) = location else { return nil }
        return folder
    }

    package static func experimentID(named name: String, workspace: String, in transaction: any Transaction) throws -> Int64? {
        try ExperimentTable(transaction: transaction, workspace: workspace).find(name: name)?.id
    }

    // MARK: - One thing each

    private func store(_ experiment: ImportedExperiment) throws {
        try check(experiment.tags)
        guard !experiment.name.isEmpty, experiment.name.unicodeScalars.count <= TrackingKey.maximumNameLength else {
            throw malformed("experiment name", experiment.name)
        }
        let id = try known(experiment.origin) ?? found(experiment) ?? made(experiment)
        try imports.note(experiment.origin, as: String(id), .experiment, in: item.id)
        try experiments.tags.set(experiment.tags, on: .integer(id))
    }

    private func known(_ origin: String) throws -> Int64? {
        try imports.target(of: origin, .experiment, in: item.id).flatMap { Int64($0) }
    }

    /// The first experiment of both sides is one; any other of the same name is a conflict.
    private func found(_ experiment: ImportedExperiment) throws -> Int64? {
        guard let same = try experiments.find(name: experiment.name) else { return nil }
        if same.id == 0, experiment.origin == "0" { return 0 }
        throw Problem(
            .conflict, "import.experiment.exists",
            "Experiment '\(experiment.name.printable)' exists already and did not come from '\(item.source.printable)'.",
            fix: "Rename it, or give what comes over a prefix: --prefix TEXT.")
    }

    private func made(_ experiment: ImportedExperiment) throws -> Int64 {
        var id: Int64
        if let kept = Int64(experiment.origin), kept > 0, kept < Self.largestExperimentID, try experiments.isFree(kept) {
            id = kept
            if kept <= Self.largestCountedID { try experiments.countUp(to: kept) }
        } else {
            repeat { id = try experiments.nextID() } while try !experiments.isFree(id)
        }
        let location = experiment.place.map { ArtifactLocation.elsewhere($0) } ?? .stored(ArtifactPath(trusted: [String(id)]))
        try experiments.insert(
            Experiment(
                id: id, name: experiment.name, location: location, lifecycle: experiment.lifecycle, created: experiment.created,
                updated: experiment.updated, tags: []))
        return id
    }

    private func store(_ member: ImportedMember<Run>) throws {
        var run = member.content
        try checkID(run.id)
        try check(run.params + run.tags)
        guard run.name.unicodeScalars.count <= TrackingKey.maximumNameLength else { throw malformed("run name", run.name) }
        let tags = run.tags
        run.tags = []
        let group = try experiment(member.experiment)
        run.experiment = group.id
        run.location = location(member.place, in: group, run.id, "artifacts")
        if try imports.target(of: run.id, .run, in: item.id) != nil {
            try runs.update(run)
        } else {
            guard try runs.isFree(run.id) else { throw taken("run", run.id) }
            try runs.insert(run)
            try imports.note(run.id, as: run.id, .run, in: item.id)
        }
        try runs.params.set(run.params, on: .text(run.id))
        try runs.tags.set(tags, on: .text(run.id))
        let links = RunLinkTable(transaction: change.transaction)
        for input in run.inputs { try links.insert(input, of: run, newID: change.newIdentifier) }
        for model in run.models { try requireImported(model.model, .loggedModel) }
        try links.insert(run.models, of: run.id)
    }

    private func store(_ member: ImportedMember<LoggedModel>) throws {
        var model = member.content
        try checkID(model.id)
        try check(model.params + model.tags)
        let group = try experiment(member.experiment)
        model.experiment = group.id
        model.location = location(member.place, in: group, "models", model.id, "artifacts")
        if try imports.target(of: model.id, .loggedModel, in: item.id) != nil {
            try loggedModels.update(model)
            try loggedModels.params.set(model.params, on: .text(model.id))
            try loggedModels.tags.set(model.tags, on: .text(model.id))
        } else {
            guard try loggedModels.isFree(model.id) else { throw taken("logged model", model.id) }
            try loggedModels.insert(model)
            try imports.note(model.id, as: model.id, .loggedModel, in: item.id)
        }
        for (run, metrics) in Dictionary(grouping: model.metrics, by: \.run) {
            try loggedModels.store(metrics.map(\.metric), from: run)
        }
    }

    private func store(_ artifact: ImportedArtifact) throws {
        guard let folder = try folder(of: artifact.owner) else {
            throw Problem(
                .invalid, "import.artifact.elsewhere", "'\(artifact.path.text.printable)' belongs where artifacts are in another store.",
                fix: "Leave it there.")
        }
        let path = try folder.appending(artifact.path)
        let files = ArtifactTable(transaction: change.transaction, workspace: change.workspace)
        if try files.find(path)?.digest == artifact.blob.digest { return }
        let file = Artifact(
            path: path, digest: artifact.blob.digest, size: artifact.blob.size, time: change.time,
            contentType: artifact.contentType.map { TrackingKey.shortened($0, to: 200) })
        try ArtifactStore.place(file, workspace: change.workspace, in: change.transaction)
    }

    // MARK: - Looking up and checking

    private func experiment(_ origin: String) throws -> Experiment {
        guard let id = try known(origin) else {
            throw Problem(
                .invalid, "import.experiment.absent", "Experiment '\(origin.printable)' has not come over yet.", fix: "Send it first.")
        }
        return try experiments.get(id)
    }

    private func requireImported(_ id: String, _ kind: ImportedKind) throws {
        guard try imports.target(of: id, kind, in: item.id) != nil else {
            throw Problem(
                .invalid, "import.\(kind.rawValue).absent", "'\(id.printable)' did not come over with this import.", fix: "Send it first.")
        }
    }

    private func location(_ place: String?, in group: Experiment, _ segments: String...) -> ArtifactLocation {
        if let place { return .elsewhere(place) }
        if case .stored(let folder) = group.location { return .stored(ArtifactPath(trusted: folder.segments + segments)) }
        return .stored(ArtifactPath(trusted: [String(group.id)] + segments))
    }

    private func check(_ tags: [Tag]) throws {
        for tag in tags { try check(tag) }
    }

    private func check(_ tag: Tag) throws {
        guard !tag.key.isEmpty, tag.key.utf8.count <= 4 * TrackingKey.maximumLength, tag.value.utf8.count <= Self.maximumValueBytes else {
            throw malformed("key or value", tag.key)
        }
    }

    private func checkID(_ id: String) throws {
        let isPlain = id.utf8.allSatisfy {
            (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 45 || $0 == 95
        }
        guard isPlain, (1...Self.maximumIDBytes).contains(id.utf8.count) else { throw malformed("id", id) }
    }

    private func malformed(_ noun: String, _ text: String) -> Problem {
        Problem(.invalid, "import.value.malformed", "'\(text.printable)' is no \(noun) that can be kept.", why: "It is empty or too long.")
    }

    private func taken(_ noun: String, _ id: String) -> Problem {
        Problem(
            .conflict, "import.id.taken", "A \(noun) '\(id.printable)' exists already and did not come from '\(item.source.printable)'.",
            why: "Ids are kept, so that what refers to them goes on working.",
            fix: "If it came from the same place under another address, import with --name and the name used then.")
    }

    private var experiments: ExperimentTable { ExperimentTable(transaction: change.transaction, workspace: change.workspace) }
    private var runs: RunTable { RunTable(transaction: change.transaction, workspace: change.workspace) }
    private var loggedModels: LoggedModelTable { LoggedModelTable(transaction: change.transaction, workspace: change.workspace) }
}
