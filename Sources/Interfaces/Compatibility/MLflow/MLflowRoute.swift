// SPDX-License-Identifier: Apache-2.0

import Crypto
import Domain
import Foundation
import Governance
import HTTPServer
import HTTPTypes
import Hummingbird
import NIOCore
import Tracking

/// One call of the MLflow protocol, decoded.
struct MLflowCall: Sendable {
    let fields: MLflowFields
    let caller: Caller
    let context: APIContext
}

/// Makes routes that answer JSON fields with JSON, under the prefix of programs (`/api`) and of the web page (`/ajax-api`).
enum MLflowRoute {
    typealias Answering = @Sendable (MLflowCall) async throws -> JSONWriter

    /// - Parameter path: Beneath the prefix, for example `2.0/mlflow/runs/create`.
    static func routes(
        _ methods: [HTTPRequest.Method], _ path: String, _ permission: Permission, bodyLimit: Int = Route.usualBodyLimit,
        _ answering: @escaping Answering
    ) -> [Route] {
        ["/api/", "/ajax-api/"].flatMap { prefix in
            methods.map { method in
                Route(method, prefix + path, .permission(permission), problems: .mlflow, bodyLimit: bodyLimit) { request, context in
                    let call = try await call(request, context)
                    return Answer.data(Data(try await answering(call).bytes), type: "application/json")
                }
            }
        }
    }

    /// For calls whose success has nothing to say.
    static func done(_ body: @escaping @Sendable (MLflowCall) async throws -> Void) -> Answering {
        { call in
            try await body(call)
            return JSONWriter.object { _ in }
        }
    }

    static func call(_ request: Request, _ context: APIContext) async throws -> MLflowCall {
        if request.method == .get {
            return MLflowCall(fields: MLflowFields(query: request.uri.query ?? ""), caller: context.caller, context: context)
        }
        let buffer = try await HTTPServer.RequestBody.bytes(of: request, context)
        var caller = context.caller
        if caller.idempotency != nil {
            let digest = SHA256.hash(data: Data(buffer.readableBytesView)).lowercaseHexadecimal
            caller.idempotency?.requestDigest += " " + digest
        }
        guard buffer.readableBytes > 0 else {
            return MLflowCall(fields: MLflowFields(query: request.uri.query ?? ""), caller: caller, context: context)
        }
        let node = try buffer.withUnsafeReadableBytes { bytes throws(Problem) in
            try bytes.withMemoryRebound(to: UInt8.self) { bytes throws(Problem) in try JSONReader.node(in: bytes) }
        }
        return MLflowCall(fields: try MLflowFields(node), caller: caller, context: context)
    }
}

extension MLflowFields {
    func page() throws(Problem) -> PageToken? {
        guard let text = try text("page_token"), !text.isEmpty else { return nil }
        return try PageToken(text)
    }

    func experiment() throws(Problem) -> Int64 {
        try Self.experiment(try required("experiment_id"))
    }

    /// - Throws: `Problem` `.invalid` for what is no number.
    static func experiment(_ text: String) throws(Problem) -> Int64 {
        guard let id = Int64(text) else {
            throw Problem(
                .invalid, "mlflow.experiment.malformed",
                "Invalid experiment ID '\(text.printable)'. Experiment ID must be a valid integer.")
        }
        return id
    }

    func experiments() throws(Problem) -> [Int64] {
        try texts("experiment_ids").map { text throws(Problem) in try Self.experiment(text) }
    }

    /// `run_id`, or `run_uuid` of older clients.
    func run() throws(Problem) -> String {
        if let id = try text("run_id"), !id.isEmpty { return id }
        if let id = try text("run_uuid"), !id.isEmpty { return id }
        throw Self.missing("run_id")
    }

    func view(_ name: String) throws(Problem) -> LifecycleView {
        switch try text(name) {
        case nil, "", "ACTIVE_ONLY": return .active
        case "DELETED_ONLY": return .deleted
        case "ALL": return .all
        case .some(let text): throw Self.invalid(name, .string(text))
        }
    }
}
