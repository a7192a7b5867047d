// SPDX-License-Identifier: Apache-2.0

import Domain
import Governance
import HTTPServer
import HTTPTypes
import Registry
import Tracking

struct ModelVersionRoutes: RouteGroup {
    /// The protocol's bound; a page has less, and a token for the rest.
    static let maximumAsked = 200_000

    let registry: ModelRegistry
    let source: ModelSource

    var routes: [Route] {
        let base = "2.0/mlflow/model-versions/"
        return [
            MLflowRoute.routes([.post], base + "create", .registryWrite, create),
            MLflowRoute.routes([.get], base + "get", .registryRead) { call in Self.answer(try await version(call)) },
            MLflowRoute.routes([.patch], base + "update", .registryWrite) { call in
                let description = try call.fields.text("description") ?? ""
                return Self.answer(
                    try await registry.describe(try call.fields.required("name"), try Self.number(call), as: description, by: call.caller))
            },
            MLflowRoute.routes(
                [.delete], base + "delete", .registryWrite,
                MLflowRoute.done { try await registry.deleteVersion(try $0.fields.required("name"), try Self.number($0), by: $0.caller) }),
            MLflowRoute.routes([.get, .post], base + "search", .registryRead, search),
            MLflowRoute.routes([.get], base + "get-download-uri", .registryRead) { call in
                let version = try await version(call)
                return JSONWriter.object { $0.member("artifact_uri", Self.downloadURI(of: version)) }
            },
            MLflowRoute.routes([.post], base + "transition-stage", .registryWrite) { call in
                let archiving = try call.fields.bool("archive_existing_versions") ?? false
                let stage = try Self.stage(try call.fields.required("stage"))
                return Self.answer(
                    try await registry.transition(
                        try call.fields.required("name"), try Self.number(call), to: stage, because: "Asked for by an MLflow client.",
                        replacing: archiving, takingUp: true, by: call.caller))
            },
            MLflowRoute.routes(
                [.post], base + "set-tag", .registryWrite,
                MLflowRoute.done { call in
                    let tag = Tag(try call.fields.required("key"), try call.fields.text("value") ?? "")
                    try await registry.setTag(tag, on: try call.fields.required("name"), try Self.number(call), by: call.caller)
                }),
            MLflowRoute.routes(
                [.delete], base + "delete-tag", .registryWrite,
                MLflowRoute.done { call in
                    try await registry.deleteTag(
                        try call.fields.required("key"), of: try call.fields.required("name"), try Self.number(call), by: call.caller)
                }),
        ].flatMap(\.self)
    }

    /// A stage of the protocol is an environment with a capital letter.
    static func stage(_ text: String) throws(Problem) -> VersionEnvironment {
        guard let environment = VersionEnvironment(rawValue: text.lowercased()) else {
            throw Problem(
                .invalid, "mlflow.stage.unknown", "Invalid Model Version stage: \(text.printable).",
                why: "Value must be one of \(VersionEnvironment.allCases.map(\.stage).joined(separator: ", ")).")
        }
        return environment
    }

    private func create(_ call: MLflowCall) async throws -> JSONWriter {
        let fields = call.fields
        func text(_ name: String) throws(Problem) -> String? {
            guard let text = try fields.text(name), !text.isEmpty else { return nil }
            return text
        }
        let name = try fields.required("name")
        let given = try fields.required("source")
        var new = NewVersion(
            runID: try text("run_id"), runLink: try text("run_link"), loggedModelID: try text("model_id"),
            description: try text("description"),
            tags: try fields.tags("tags"))
        if PromptFilter.isPrompt(new.tags) {
            // A prompt is its tags; its source is a word without meaning.
            new.source = given
        } else {
            try await source.resolve(given, into: &new, by: call.caller)
        }
        return Self.answer(try await registry.registerVersion(of: name, new, createsModel: false, by: call.caller))
    }

    private func search(_ call: MLflowCall) async throws -> JSONWriter {
        let fields = call.fields
        let asked = try fields.count("max_results", default: ModelRegistry.maximumVersionPage)
        try SearchLimit.check(asked, atMost: Self.maximumAsked)
        let order = try fields.texts("order_by").map { text throws(Problem) in try FilterParser.sortTerm(in: text) }
        let (items, next) = try await registry.searchVersions(
            try PromptFilter.comparisons(in: try fields.text("filter") ?? ""), order: order, after: try fields.page(),
            limit: min(asked, ModelRegistry.maximumVersionPage),
            by: call.caller)
        return JSONWriter.object { writer in
            writer.member("model_versions", objects: items) { version, writer in writer.write(version) }
            writer.member("next_page_token", next?.text)
        }
    }

    private func version(_ call: MLflowCall) async throws -> ModelVersion {
        try await registry.version(try call.fields.required("name"), .number(try Self.number(call)), by: call.caller)
    }

    private static func number(_ call: MLflowCall) throws(Problem) -> Int64 {
        guard let number = try call.fields.integer("version") else { throw MLflowFields.missing("version") }
        return number
    }

    private static func answer(_ version: ModelVersion) -> JSONWriter {
        JSONWriter.object { $0.member("model_version") { $0.write(version) } }
    }

    /// The version's own files where we have them: the source's may have changed since.
    private static func downloadURI(of version: ModelVersion) -> String {
        // Clients put the address into URLs without encoding it.
        let isPlain = version.model.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || "-._ ".utf8.contains(byte)
        }
        guard !version.files.isEmpty, isPlain else { return version.source ?? "" }
        return "\(ArtifactURI.scheme)\(ArtifactFiles.versionsFolder)/\(version.model)/\(version.number)"
    }
}
