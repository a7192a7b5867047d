// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
package import Governance

/// The use cases of logged models.
package struct LoggedModelTracking: Sendable {
    package static let maximumPage = 1_000
    private let governor: Governor

    package init(governor: Governor) {
        self.governor = governor
    }

    package func create(
        _ name: String, in experiment: Int64, type: String?, run: String?, params: [Tag], tags: [Tag], by caller: Caller
    ) async throws -> LoggedModel {
        let batch = try RunBatch(params: params, tags: tags).checked()
        guard !name.isEmpty, name.utf8.count <= TrackingKey.maximumNameLength, !name.contains(where: { "/:.%\"'".contains($0) }) else {
            throw Problem(
                .invalid, "tracking.logged-model.name-malformed", "Invalid model name (\(name.printable)) provided.",
                why: "Model name must be a non-empty string and cannot contain the following characters: ('/', ':', '.', '%', '\"', \"'\")")
        }
        return try await governor.change(.trackingWrite, by: caller) { change in
            let group = try ExperimentTable(transaction: change.transaction, workspace: change.workspace).getActive(experiment)
            if let run { _ = try RunTable(transaction: change.transaction, workspace: change.workspace).getActive(run) }
            let id = "m-" + HexIdentifier.text(of: change.newIdentifier())
            let model = LoggedModel(
                id: id, experiment: experiment, name: name, type: type, run: run, status: .pending, statusMessage: nil,
                lifecycle: .active, location: group.location.appending("models", id, "artifacts"), created: change.time,
                updated: change.time, params: batch.params, tags: batch.tags)
            try LoggedModelTable(transaction: change.transaction, workspace: change.workspace).insert(model)
            try change.record("logged-model.created", on: "logged-model/\(id)", ["run": run.map { .string($0) } ?? .null])
            return model
        }
    }

    package func get(_ id: String, by caller: Caller) async throws -> LoggedModel {
        try await governor.lookUp(.trackingRead, by: caller) { transaction in
            let table = LoggedModelTable(transaction: transaction, workspace: caller.workspace)
            var models = [try table.get(id)]
            try table.complete(&models)
            return models[0]
        }
    }

    /// States how the upload of its files ended.
    package func finish(_ id: String, as status: LoggedModel.Status, by caller: Caller) async throws -> LoggedModel {
        try await change(id, "logged-model.finished", ["status": .string(status.rawValue)], by: caller) { $0.status = status }
    }

    package func delete(_ id: String, by caller: Caller) async throws {
        _ = try await change(id, "logged-model.deleted", by: caller) { $0.lifecycle = .deleted }
    }

    package func setTags(_ tags: [Tag], on id: String, by caller: Caller) async throws -> LoggedModel {
        let tags = try RunBatch(tags: tags).checked().tags
        return try await measure(id, by: caller) { try $0.tags.set(tags, on: .text(id)) }
    }

    package func deleteTag(_ key: String, of id: String, by caller: Caller) async throws {
        _ = try await measure(id, by: caller) { table in
            guard try table.tags.delete(key, of: .text(id)) else {
                throw Problem(.notFound, "tracking.tag.unknown", "No tag with key '\(key.printable)' in model with id '\(id)'.")
            }
        }
    }

    package func logParams(_ params: [Tag], on id: String, by caller: Caller) async throws -> LoggedModel {
        let params = try RunBatch(params: params).checked().params
        return try await measure(id, by: caller) { try $0.params.set(params, on: .text(id)) }
    }

    package func search(
        _ filter: String, in experiments: [Int64], order: [SortTerm] = [], after token: PageToken? = nil, limit: Int, by caller: Caller
    ) async throws -> (items: [LoggedModel], next: PageToken?) {
        let comparisons = try FilterParser.comparisons(in: filter)
        try SearchLimit.check(limit, atMost: Self.maximumPage)
        guard !experiments.isEmpty else { return ([], nil) }
        return try await governor.read(.trackingRead, by: caller) { transaction in
            var statement = SearchStatement(of: LoggedModelTable.space, on: transaction.engine)
            let marks = experiments.map { _ in "?" }.joined(separator: ", ")
            statement.require(
                "logged_model.workspace = ? AND logged_model.experiment IN (\(marks)) AND logged_model.lifecycle = 'active'",
                [.text(caller.workspace)] + experiments.map(\.databaseValue))
            try statement.require(comparisons)
            try statement.sort(by: order)
            var (items, next) = try statement.page(after: token, limit: limit, in: transaction, LoggedModelTable.decode)
            try LoggedModelTable(transaction: transaction, workspace: caller.workspace).complete(&items)
            return (items, next)
        }
    }

    private func change(
        _ id: String, _ verb: String, _ payload: [String: JSONValue] = [:], by caller: Caller,
        _ body: @escaping @Sendable (inout LoggedModel) -> Void
    ) async throws -> LoggedModel {
        try await governor.change(.trackingWrite, by: caller) { change in
            let table = LoggedModelTable(transaction: change.transaction, workspace: change.workspace)
            var model = try table.get(id)
            body(&model)
            model.updated = change.time
            try table.update(model)
            try table.setDeleted(id, at: change.time)
            try change.record(verb, on: "logged-model/\(id)", payload)
            var models = [model]
            try table.complete(&models)
            return models[0]
        }
    }

    private func measure(
        _ id: String, by caller: Caller, _ body: @escaping @Sendable (LoggedModelTable) throws -> Void
    ) async throws -> LoggedModel {
        let now = governor.clock.now()
        return try await governor.measure(.trackingWrite, by: caller) { transaction in
            let table = LoggedModelTable(transaction: transaction, workspace: caller.workspace)
            var model = try table.get(id)
            try body(table)
            model.updated = now
            try table.update(model)
            var models = [model]
            try table.complete(&models)
            return models[0]
        }
    }
}
