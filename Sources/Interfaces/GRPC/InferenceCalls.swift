// SPDX-License-Identifier: Apache-2.0

import Compatibility
import Domain
package import GRPCCore
import GRPCProtobuf
import Governance
package import HTTPServer
package import Serving
import SwiftProtobuf

/// `inference.GRPCInferenceService`: what the protocol and its extensions offer over gRPC.
package struct InferenceCalls: RegistrableRPCService {
    private static let service = "inference.GRPCInferenceService"

    private let served: ServedEndpoints
    private let gate: CallGate
    private let readiness: Readiness
    private let version: String

    package init(served: ServedEndpoints, gate: CallGate, readiness: Readiness, version: String) {
        self.served = served
        self.gate = gate
        self.readiness = readiness
        self.version = version
    }

    package func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        registerServer(with: &router)
        registerModels(with: &router)
        registerRepository(with: &router)
        registerStream(with: &router)
        for (methods, unoffered) in Self.unoffered {
            for method in methods {
                answer(method, nil, in: &router) { (_: Empty, _) -> Empty in
                    throw RPCError(code: .unimplemented, message: unoffered.problem.description)
                }
            }
        }
    }

    private func registerServer<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        answer("ServerLive", nil, in: &router) { (_: Inference_ServerLiveRequest, _) in
            Inference_ServerLiveResponse.with { $0.live = true }
        }
        answer("ServerReady", nil, in: &router) { (_: Inference_ServerReadyRequest, _) in
            Inference_ServerReadyResponse.with { $0.ready = readiness.isReady }
        }
        answer("ServerMetadata", nil, in: &router) { (_: Inference_ServerMetadataRequest, _) in
            Inference_ServerMetadataResponse.with {
                $0.name = "dhow"
                $0.version = version
                $0.extensions = InferenceRoutes.extensions
            }
        }
    }

    private func registerModels<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        answer("ModelReady", .endpointRead, in: &router) { (asked: Inference_ModelReadyRequest, call) in
            _ = try await served.signature(of: asked.name, version: try Self.version(asked.version), by: call.caller)
            return Inference_ModelReadyResponse.with { $0.ready = true }
        }
        answer("ModelMetadata", .endpointRead, in: &router) { (asked: Inference_ModelMetadataRequest, call) in
            Inference_ModelMetadataResponse(
                try await served.signature(of: asked.name, version: try Self.version(asked.version), by: call.caller))
        }
        answer("ModelConfig", .endpointRead, in: &router) { (asked: Inference_ModelConfigRequest, call) in
            let signature = try await served.signature(of: asked.name, version: try Self.version(asked.version), by: call.caller)
            return Inference_ModelConfigResponse.with { $0.config = Inference_ModelConfig(signature) }
        }
        answer("ModelStatistics", .endpointRead, in: &router) { (asked: Inference_ModelStatisticsRequest, call) in
            let statistics = try await statistics(asked, by: call.caller)
            return Inference_ModelStatisticsResponse.with { $0.modelStats = statistics }
        }
        answer("ModelInfer", .inferenceInvoke, in: &router) { (asked: Inference_ModelInferRequest, call) in
            try await infer(asked, call)
        }
    }

    private func registerRepository<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        answer("RepositoryIndex", .endpointRead, in: &router) { (asked: Inference_RepositoryIndexRequest, call) in
            let entries = try await served.index(by: call.caller).map(RepositoryEntry.init).filter { !asked.ready || $0.isReady }
            return Inference_RepositoryIndexResponse.with {
                $0.models = entries.map(Inference_RepositoryIndexResponse.ModelIndex.init)
            }
        }
        answer("RepositoryModelLoad", .endpointWrite, in: &router) { (asked: Inference_RepositoryModelLoadRequest, call) in
            let name = asked.modelName.isEmpty ? asked.repositoryName : asked.modelName
            try ModelRepositoryRoutes.check(loading: asked.parameters.keys.sorted())
            try await served.load(name, by: call.caller)
            return Inference_RepositoryModelLoadResponse.with {
                $0.modelName = name
                $0.isLoaded = true
            }
        }
        answer("RepositoryModelUnload", .endpointWrite, in: &router) { (asked: Inference_RepositoryModelUnloadRequest, call) in
            let name = asked.modelName.isEmpty ? asked.repositoryName : asked.modelName
            try await served.unload(name, by: call.caller)
            return Inference_RepositoryModelUnloadResponse.with {
                $0.modelName = name
                $0.isUnloaded = true
            }
        }
    }

    /// Requests are answered one after the other, so in their order; what one of them does wrong is its own answer and ends nothing.
    private func registerStream<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        router.registerHandler(
            forMethod: MethodDescriptor(fullyQualifiedService: Self.service, method: "ModelStreamInfer"),
            deserializer: BoundedDeserializer<Inference_ModelInferRequest>(),
            serializer: ProtobufSerializer<Inference_ModelStreamInferResponse>()
        ) { request, context in
            let metadata = request.metadata
            let arrival = ContinuousClock.now
            // Who may not at all learns it at once, also before the first request.
            _ = try await gate.answer("ModelStreamInfer") { try await gate.admit(metadata, for: .inferenceInvoke) }
            return StreamingServerResponse { writer in
                try await untilStopped(context) {
                    for try await asked in request.messages {
                        // By itself, so that a server that stops still sends the answer that it is computing.
                        try await Task { try await writer.write(try await streamAnswer(to: asked, metadata, since: arrival)) }.value
                    }
                }
                return [:]
            }
        }
    }

    /// Ends `body` between two answers when the server stops or the client goes away, since a client may keep its stream open for ever.
    private func untilStopped(_ context: ServerContext, _ body: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await body()
                return true
            }
            group.addTask {
                try await context.cancellation.cancelled
                return false
            }
            let isDone = try await group.next() ?? true
            group.cancelAll()
            if !isDone {
                // What is being answered goes out first.
                while let _ = try? await group.next() {}
                throw RPCError(code: .unavailable, message: "The server is stopping. Send what is left to another replica.")
            }
        }
    }

    private func streamAnswer(
        to asked: Inference_ModelInferRequest, _ metadata: Metadata, since start: ContinuousClock.Instant
    ) async throws -> Inference_ModelStreamInferResponse {
        var answer = Inference_ModelStreamInferResponse()
        do {
            answer.inferResponse = try await gate.answer("ModelStreamInfer") {
                let caller = try await gate.admit(metadata, for: .inferenceInvoke)
                return try await infer(asked, Call(metadata: metadata, begun: start, admitted: caller))
            }
            answer.inferResponse.parameters["triton_final_response"] = .with { $0.boolParam = true }
        } catch let refusal as RPCError where refusal.code == .unauthenticated || refusal.code == .permissionDenied {
            throw refusal
        } catch let refusal as RPCError {
            answer.errorMessage = refusal.message
            answer.inferResponse.id = asked.id
            answer.inferResponse.modelName = asked.modelName
        }
        return answer
    }

    private func infer(_ asked: Inference_ModelInferRequest, _ call: Call) async throws -> Inference_ModelInferResponse {
        let arrival = ContinuousClock.now
        var request = try asked.request()
        try RequestOptions.apply(to: &request) { CallGate.text($0.lowercased(), in: call.metadata) }
        request.deadline = [request.deadline, call.deadline].compactMap(\.self).min()
        let answer = try await served.infer(
            asked.modelName, version: try Self.version(asked.modelVersion), request, since: arrival, by: call.caller)
        return Inference_ModelInferResponse(answer, to: asked)
    }

    private func statistics(_ asked: Inference_ModelStatisticsRequest, by caller: Caller) async throws -> [Inference_ModelStatistics] {
        guard asked.name.isEmpty else {
            return try await served.counts(of: asked.name, version: try Self.version(asked.version), by: caller).map {
                Inference_ModelStatistics(asked.name, $0.version, $0.counts)
            }
        }
        return try await served.counts(by: caller).map { Inference_ModelStatistics($0.endpoint, $0.version, $0.counts) }
    }

    /// - Parameter permission: Nil for what is answered without a token; then there is no caller.
    private func answer<Transport: ServerTransport, Input: Message, Output: Message>(
        _ method: String, _ permission: Permission?, in router: inout RPCRouter<Transport>,
        _ body: @escaping @Sendable (Input, Call) async throws -> Output
    ) {
        router.registerHandler(
            forMethod: MethodDescriptor(fullyQualifiedService: Self.service, method: method), deserializer: BoundedDeserializer<Input>(),
            serializer: ProtobufSerializer<Output>()
        ) { request, _ in
            let start = ContinuousClock.now
            let asked = try await ServerRequest(stream: request)
            let output = try await gate.answer(method) {
                let caller: Caller? =
                    if let permission { try await gate.admit(asked.metadata, for: permission) } else { nil }
                return try await body(asked.message, Call(metadata: asked.metadata, begun: start, admitted: caller))
            }
            return StreamingServerResponse(single: ServerResponse(message: output))
        }
    }

    private static func version(_ text: String) throws(Problem) -> Int? {
        try text.isEmpty ? nil : InferenceRoutes.version(text)
    }

    private static let unoffered: [([String], Unoffered)] = [
        (["SystemSharedMemoryStatus", "SystemSharedMemoryRegister", "SystemSharedMemoryUnregister"], .systemSharedMemory),
        (["CudaSharedMemoryStatus", "CudaSharedMemoryRegister", "CudaSharedMemoryUnregister"], .cudaSharedMemory),
        (["TraceSetting"], .tracing), (["LogSettings"], .logSettings),
    ]
}

/// A message of which nothing is read.
private typealias Empty = Inference_ServerLiveRequest
