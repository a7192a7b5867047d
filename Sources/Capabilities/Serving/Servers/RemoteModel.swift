// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
import Synchronization

/// A model that a server elsewhere answers for, behind a circuit breaker.
package final class RemoteModel: HostedModel {
    package var inputs: [TensorSpecification] { dialogue.model.inputs }
    package var outputs: [TensorSpecification] { dialogue.model.outputs }

    /// Most calls that are on their way at one time.
    private static let maximumCalls = 256

    private struct State {
        var breaker = CircuitBreaker()
        var calls = 0
        /// Where the last call went, which is where nearly all go.
        var place: (path: String, url: EgressURL)?
    }

    private let url: EgressURL
    private let dialogue: ServerDialogue
    private let egress: any EgressClient
    private let now: @Sendable () -> Duration
    private let state = Mutex(State())

    /// Asks the server for the signature when nothing else states it.
    ///
    /// - Parameters:
    ///   - file: MLflow's description, whose signature counts when the remote description has none.
    ///   - now: Time since any moment, for the breaker.
    /// - Throws: `Problem` `.unavailable` when the server cannot be reached; `.invalid` when nobody states a signature.
    static func connect(
        _ description: RemoteDescription, file: MLmodelFile?, version: ServedVersion, egress: any EgressClient,
        now: @escaping @Sendable () -> Duration
    ) async throws -> RemoteModel {
        var model: ServerModel
        if let inputs = description.inputs, let outputs = description.outputs {
            model = ServerModel(
                name: description.name, inputs: inputs, outputs: outputs, isTable: inputs.allSatisfy { $0.shape == [-1, 1] })
        } else if let file {
            model = try MLflowSignature.model(file, of: version)
        } else if description.wire == .openInference {
            let request = ServerRequest(method: "GET", path: "/v2/models/\(description.name)", limit: description.limit)
            let answer = try await send(request, to: try place(of: request.path, below: description.url), over: egress)
            guard answer.status == 200 else {
                throw Problem(
                    .unavailable, "serving.remote.unknown-model", "The server at \(description.url.host) does not describe the model.",
                    why: "It answered with status \(answer.status): \(ServerProtocol.complaint(in: answer.body) ?? "nothing")",
                    fix: "See whether it serves '\(description.name)'.")
            }
            model = try OpenInferenceWire.model(named: description.name, in: answer.body)
        } else {
            throw Problem(
                .invalid, "serving.model.signature-missing", "What \(version) takes is not known.",
                why: "MLflow's scoring protocol does not tell, and no file of the version does.",
                fix:
                    "Add 'inputs' and 'outputs' to '\(RuntimeChoice.remoteFile)', or the model's file '\(MLmodelFile.name)' to the version."
            )
        }
        model.name = description.name
        return RemoteModel(
            url: description.url, dialogue: ServerDialogue(wire: description.wire, model: model, limit: description.limit), egress: egress,
            now: now)
    }

    private init(url: EgressURL, dialogue: ServerDialogue, egress: any EgressClient, now: @escaping @Sendable () -> Duration) {
        self.url = url
        self.dialogue = dialogue
        self.egress = egress
        self.now = now
    }

    package func infer(_ inputs: [Tensor], outputs: [String]?) async throws -> [Tensor] {
        let question = try dialogue.question(inputs, outputs: outputs)
        try begin()
        let answered: Result<ServerAnswer, any Error>
        do {
            answered = .success(try await Self.send(question.request, to: try place(of: question.request.path), over: egress))
        } catch {
            answered = .failure(error)
        }
        let result = answered.flatMap { answer in
            Result { () throws(Problem) in try dialogue.outputs(of: answer, to: question) }.mapError { $0 as any Error }
        }
        end(result)
        return try result.get()
    }

    /// Nothing was started for the model.
    package func retire() {}

    private func begin() throws(Problem) {
        let problem: Problem? = state.withLock { state in
            guard state.calls < Self.maximumCalls else {
                return Problem(
                    .exhausted, "serving.remote.busy", "\(Self.maximumCalls) calls to \(url.host) are on their way already.",
                    fix: "Try again.")
            }
            guard state.breaker.admits(at: now()) else {
                let wait = state.breaker.wait(at: now()) ?? .seconds(1)
                return Problem(
                    .unavailable, "serving.remote.circuit-open", "The model's server at \(url.host) has failed and is left alone for now.",
                    why: "It is asked again in \(max(1, wait.components.seconds)) s.", fix: "See whether it runs.")
            }
            state.calls += 1
            return nil
        }
        if let problem { throw problem }
    }

    private func end(_ result: Result<[Tensor], any Error>) {
        state.withLock { state in
            state.calls -= 1
            switch result {
            case .success: state.breaker.succeeded()
            case .failure(let problem as Problem):
                switch problem.kind {
                // It works: it is the inputs that it does not like.
                case .invalid where problem.code.hasPrefix("serving."): state.breaker.succeeded()
                default: state.breaker.failed(at: now())
                }
            case .failure: state.breaker.abandoned(at: now())
            }
        }
    }

    private func place(of path: String) throws -> EgressURL {
        if let place = state.withLock({ $0.place }), place.path == path { return place.url }
        let made = try Self.place(of: path, below: url)
        state.withLock { $0.place = (path, made) }
        return made
    }

    private static func place(of path: String, below url: EgressURL) throws -> EgressURL {
        var text = url.text
        while text.hasSuffix("/") { text.removeLast() }
        return try EgressURL(text + path)
    }

    private static func send(_ request: ServerRequest, to url: EgressURL, over egress: any EgressClient) async throws -> ServerAnswer {
        let answer = try await egress.send(
            EgressRequest(
                method: request.method, url: url, headers: request.headers, body: request.body, limit: request.limit,
                maximumAnswer: request.maximumAnswer, isRepeatable: true))
        return ServerAnswer(status: answer.status, body: answer.body)
    }
}
