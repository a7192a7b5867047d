// SPDX-License-Identifier: Apache-2.0

package import API
import Domain
import Foundation
import Synchronization

/// What a tracking server tells by MLflow's REST protocol.
///
/// Order: experiments, logged models, runs with their metrics and files, registered models, prompts. A position names a page of the
/// server's and the thing in it; a run with more points or files than fit goes on within itself.
package final class MLflowServerSource: ImportSource {
    /// Points, files and bytes of files after which a part ends.
    static let budget = (points: 10_000, files: 1_000, bytes: Int64(256 << 20))

    let server: MLflowServer
    let prefix: String
    let root: ArtifactRoot?
    private let fetched: FetchedFiles
    private let known = Mutex<[String]?>(nil)

    enum Phase: String, Codable { case experiments, loggedModels, runs, models, prompts }

    struct Place: Codable {
        var phase = Phase.experiments
        /// Which experiment, in the order of their ids.
        var group = 0
        var token: String?
        /// Which thing of the page.
        var index = 0
        /// Within a run: the series and its page, when its own record has been sent.
        var key: String?
        var history: String?
        /// Within a run or logged model whose points have been sent: the file after which to go on; empty for the first.
        var file: String?
    }

    /// - Parameters:
    ///   - root: The server's artifact folder on this machine: files are taken from there, where they are there.
    package init(_ server: MLflowServer, prefix: String = "", root: ArtifactRoot? = nil) throws {
        self.server = server
        self.prefix = prefix
        self.root = root
        fetched = try FetchedFiles()
    }

    package func names() async throws -> (experiments: [ExperimentName], models: [String]) {
        var names: (experiments: [ExperimentName], models: [String]) = ([], [])
        try await every({ try await server.experiments(after: $0) }) { value in
            guard let record = ExperimentRecord(value, prefix: prefix) else { return }
            names.experiments.append(ExperimentName(id: record.id, name: record.name))
        }
        for prompts in [false, true] {
            try await every({ try await server.registeredModels(prompts: prompts, after: $0) }) { value in
                if let name = value["name"]?.text { names.models.append(prefix + name) }
            }
        }
        return names
    }

    package func part(after position: String?) async throws -> SourcePart? {
        var place = try position.map { try JSONDecoder().decode(Place.self, from: Data($0.utf8)) } ?? Place()
        var part = SourcePart(position: "")
        while true {
            let isPart: Bool
            switch place.phase {
            case .experiments: isPart = try await experiments(&place, &part)
            case .loggedModels: isPart = try await loggedModels(&place, &part)
            case .runs: isPart = try await runs(&place, &part)
            case .models, .prompts: isPart = try await model(&place, &part)
            }
            guard isPart else {
                guard let next = place.phase.next else { return nil }
                place = Place(phase: next)
                continue
            }
            part.position = String(decoding: try JSONEncoder().encode(place), as: UTF8.self)
            return part
        }
    }

    private func experiments(_ place: inout Place, _ part: inout SourcePart) async throws -> Bool {
        guard place.index == 0 else { return false }
        let (items, next) = try await server.experiments(after: place.token)
        part.experiments = items.compactMap { ExperimentRecord($0, prefix: prefix) }
        place.token = next
        // No further page: the next call ends this phase.
        place.index = next == nil ? 1 : 0
        return !items.isEmpty
    }

    private func loggedModels(_ place: inout Place, _ part: inout SourcePart) async throws -> Bool {
        try await members(&place, { try await server.loggedModels(in: $0, after: $1) }) { value, place in
            guard let record = LoggedModelRecord(value) else { return true }
            if place.file == nil { part.loggedModels.append(record) }
            let location = record.place == nil ? value["info"]?["artifact_uri"]?.text : nil
            return try await files(of: .loggedModel(record.id), at: location, &place, &part)
        }
    }

    private func runs(_ place: inout Place, _ part: inout SourcePart) async throws -> Bool {
        try await members(&place, { try await server.runs(in: $0, after: $1) }) { value, place in
            guard var record = RunRecord(value) else { return true }
            if place.key == nil, place.file == nil {
                record.models = try await links(of: value, &part)
                part.runs.append(record)
            }
            if place.file == nil {
                guard try await metrics(of: record.id, value, &place, &part) else { return false }
                guard part.points < Self.budget.points else {
                    (place.key, place.history, place.file) = (nil, nil, "")
                    return false
                }
            }
            let location = record.place == nil ? value["info"]?["artifact_uri"]?.text : nil
            return try await files(of: .run(record.id), at: location, &place, &part)
        }
    }

    /// Series from the place on.
    ///
    /// - Returns: False when the part is full before all points are in it; the place says where it goes on.
    private func metrics(of run: String, _ value: JSONValue, _ place: inout Place, _ part: inout SourcePart) async throws -> Bool {
        let keys = (value["data"]?["metrics"]?.array ?? []).compactMap { $0["key"]?.text }.sorted()
        for key in keys where key >= place.key ?? "" {
            var token = key == place.key ? place.history : nil
            repeat {
                guard part.points < Self.budget.points else {
                    (place.key, place.history) = (key, token)
                    return false
                }
                let (points, next) = try await server.history(of: key, in: run, after: token)
                part.metrics.append(SeriesRecord(points, key, of: run))
                token = next
            } while token != nil
        }
        return true
    }

    /// Links to logged models that the server still shows.
    private func links(of value: JSONValue, _ part: inout SourcePart) async throws -> [RunModelRecord] {
        var links: [RunModelRecord] = []
        for link in RunRecord.links(value) {
            if try await server.hasLoggedModel(link.model) {
                links.append(link)
            } else {
                part.omitted["links of runs to logged models that were deleted", default: 0] += 1
            }
        }
        return links
    }

    private func files(of owner: MLflowOwner, at location: String?, _ place: inout Place, _ part: inout SourcePart) async throws -> Bool {
        guard let location else { return true }
        let listing = MLflowFiles(server: server, root: root, fetched: fetched)
        guard let rest = try await listing.add(of: owner, at: location, after: place.file ?? "", budget: Self.budget, to: &part) else {
            place.file = nil
            return true
        }
        (place.key, place.history, place.file) = (nil, nil, rest)
        return false
    }

    /// Goes through the members of every experiment from the place on, until a part is full.
    ///
    /// - Parameter body: Adds one; false when the part is full before all of it is in it.
    /// - Returns: Whether there was any.
    private func members(
        _ place: inout Place, _ page: (_ experiment: String, _ token: String?) async throws -> (items: [JSONValue], next: String?),
        _ body: (JSONValue, inout Place) async throws -> Bool
    ) async throws -> Bool {
        let groups = try await groups()
        while place.group < groups.count {
            let (items, next) = try await page(groups[place.group], place.token)
            let first = place.index
            while place.index < items.count {
                guard try await body(items[place.index], &place) else { return true }
                (place.key, place.history, place.file) = (nil, nil, nil)
                place.index += 1
            }
            (place.token, place.index) = (next, 0)
            if next == nil { place.group += 1 }
            if first < items.count { return true }
        }
        return false
    }

    /// Ids of all experiments, asked once.
    private func groups() async throws -> [String] {
        if let groups = known.withLock({ $0 }) { return groups }
        var ids: [String] = []
        try await every({ try await server.experiments(after: $0) }) { value in
            if let id = value["experiment_id"]?.text { ids.append(id) }
        }
        ids.sort { (Int64($0) ?? .max, $0) < (Int64($1) ?? .max, $1) }
        known.withLock { $0 = ids }
        return ids
    }

    func every(
        _ page: (String?) async throws -> (items: [JSONValue], next: String?), _ body: (JSONValue) throws -> Void
    ) async throws {
        var token: String?
        repeat {
            let (items, next) = try await page(token)
            for item in items { try body(item) }
            token = next
        } while token != nil
    }
}

extension MLflowServerSource.Phase {
    fileprivate var next: Self? {
        switch self {
        case .experiments: .loggedModels
        case .loggedModels: .runs
        case .runs: .models
        case .models: .prompts
        case .prompts: nil
        }
    }
}

extension SourcePart {
    var points: Int { metrics.reduce(0) { $0 + $1.steps.count } }
}
