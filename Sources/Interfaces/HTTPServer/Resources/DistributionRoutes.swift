// SPDX-License-Identifier: Apache-2.0

import API
package import Distribution
import Domain
import Foundation
import Governance
import Hummingbird
import NIOCore
import Provenance
import Registry
import Synchronization

/// Model versions to and from OCI registries.
///
/// A request is answered when it is done. With `Accept: application/x-ndjson` its progress comes line by line, and the last line says how
/// it ended; what is wrong before the registry is asked for anything is still told by the status.
package struct DistributionRoutes: RouteGroup {
    private static let lines = "application/x-ndjson"
    /// Lines that wait for a slow reader; the oldest are left out.
    private static let waitingLines = 16
    private static let longestSilence = Duration.seconds(15)

    private let pushes: ModelPushes
    private let pulls: ModelPulls

    package init(pushes: ModelPushes, pulls: ModelPulls) {
        self.pushes = pushes
        self.pulls = pulls
    }

    package var routes: [Route] {
        [
            Route(
                .post, "/api/v1/models/{model}/versions/{version}/pushes", .permission(.registryWrite), timeLimit: Route.longTimeLimit,
                handler: push),
            Route(.post, "/api/v1/model-pulls", .permission(.registryWrite), timeLimit: Route.longTimeLimit, handler: pull),
        ]
    }

    private func push(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let (model, version) = (try context.parameter("model"), VersionReference(parsing: try context.parameter("version")))
        let body = try await RequestBody.json(PushModelRequest.self, of: request, &context)
        let caller = context.caller
        let prepared = try await pushes.prepare(
            model, version, to: body.to, choice(body.secret, body.plainHTTP, body.patience), by: caller)
        return try await answer(request, context) { telling in
            PushedModelAnswer(try await pushes.push(prepared, by: caller, telling: telling), of: prepared.version.model)
        }
    }

    private func pull(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let body = try await RequestBody.json(PullModelRequest.self, of: request, &context)
        let caller = context.caller
        let trust = ModelPulls.Trust(
            keys: try body.keys.map { try AttestationKey.keys(inPEM: $0) } ?? [], requiresSignature: body.requireSignature ?? false,
            takesUnknownKeys: body.unverified ?? false)
        let choice = choice(body.secret, body.plainHTTP, body.patience)
        return try await answer(request, context) { telling in
            let prepared = try await pulls.prepare(body.from, as: body.name, trust, choice, by: caller)
            return PulledModelAnswer(try await pulls.pull(prepared, by: caller, telling: telling))
        }
    }

    private func choice(_ secret: String?, _ isPlain: Bool?, _ patience: Int?) -> RegistryAccess.Choice {
        RegistryAccess.Choice(secret: secret, isPlain: isPlain ?? false, patience: patience)
    }

    private func answer<Value: Codable & Sendable>(
        _ request: Request, _ context: APIContext,
        _ work: @escaping @Sendable (@escaping @Sendable (TransferProgress) -> Void) async throws -> Value
    ) async throws -> Response {
        guard request.headers[.accept]?.contains(Self.lines) == true else { return try Answer.json(try await work { _ in }) }
        let logger = context.logger
        let body = ResponseBody { writer in
            let (progress, teller) = AsyncStream.makeStream(
                of: TransferProgress.self, bufferingPolicy: .bufferingNewest(Self.waitingLines))
            // A reader that is gone ends the work: the writer throws, and the group cancels.
            let latest = LatestProgress()
            let last = try await withThrowingTaskGroup(of: TransferLine<Value>?.self) { group in
                defer { group.cancelAll() }
                group.addTask {
                    defer { teller.finish() }
                    do {
                        return TransferLine(
                            answer: try await work { step in
                                latest.set(step)
                                teller.yield(step)
                            })
                    } catch {
                        let body = ProblemMapping(form: .details).plain(error, logger: logger).body
                        return TransferLine(problem: try JSONDecoder().decode(ProblemAnswer.self, from: body))
                    }
                }
                // Clients and proxies give up connections on which nothing comes.
                group.addTask {
                    while (try? await Task.sleep(for: Self.longestSilence)) != nil { teller.yield(latest.get()) }
                    return nil
                }
                for await step in progress {
                    let told = TransferLine<Value>.Progress(file: step.file, done: step.done, total: step.total)
                    try await writer.write(try Self.line(TransferLine<Value>(progress: told)))
                }
                return try await group.next() ?? nil
            }
            if let last { try await writer.write(try Self.line(last)) }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: Self.lines, .xContentTypeOptions: "nosniff"], body: body)
    }

    private static func line(_ value: some Encodable) throws -> ByteBuffer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var bytes = ByteBuffer(bytes: try encoder.encode(value))
        bytes.writeString("\n")
        return bytes
    }
}

/// What was told last, to be told again when nothing moves.
private final class LatestProgress: Sendable {
    private let progress = Mutex(TransferProgress(file: "", done: 0, total: 0))

    func set(_ step: TransferProgress) { progress.withLock { $0 = step } }
    func get() -> TransferProgress { progress.withLock { $0 } }
}

extension PushedModelAnswer {
    init(_ outcome: ModelPushes.Outcome, of model: String) {
        self.init(
            model: model, version: outcome.version, reference: outcome.reference, digest: outcome.manifest.description,
            files: outcome.files, bytes: outcome.bytes, kept: outcome.kept,
            attached: outcome.attached.map {
                AttachedAnswer(predicateType: $0.predicateType, digest: $0.manifest.description, key: nil)
            })
    }
}

extension PulledModelAnswer {
    init(_ outcome: ModelPulls.Outcome) {
        self.init(
            model: outcome.model, version: outcome.version, reference: outcome.reference, files: outcome.files, bytes: outcome.bytes,
            signedBy: outcome.signedBy,
            attached: outcome.attached.map {
                AttachedAnswer(predicateType: $0.predicateType, digest: $0.manifest.description, key: $0.keyID)
            })
    }
}
