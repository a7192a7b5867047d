// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Synchronization
import Testing

@testable import Serving

/// The network, of which a test says what it answers.
private final class HandEgress: EgressClient {
    private let answers = Mutex<[Result<EgressAnswer, Problem>]>([])
    let asked = Mutex<[String]>([])

    func will(_ status: Int, _ body: String) {
        answers.withLock { $0.append(.success(EgressAnswer(status: status, body: Array(body.utf8)))) }
    }
    func will(fail count: Int) {
        let problem = Problem(.unavailable, "egress.receiver.unreachable", "It cannot be reached.")
        answers.withLock { $0.append(contentsOf: Array(repeating: .failure(problem), count: count)) }
    }

    func check(_ url: EgressURL) async throws {}

    func send(_ request: EgressRequest) async throws -> EgressAnswer {
        asked.withLock { $0.append("\(request.method) \(request.url.text)") }
        return try answers.withLock { $0.isEmpty ? .success(EgressAnswer(status: 404, body: [])) : $0.removeFirst() }.get()
    }
}

@Suite("A model that answers elsewhere")
struct RemoteModelTests {
    private let version = ServedVersion(workspace: "default", model: "m", number: 1)
    private let egress = HandEgress()
    private let description =
        #"{"model_name":"churn","inputs":[{"name":"x","datatype":"FP32","shape":[-1]}],"outputs":[{"name":"y","datatype":"FP32","shape":[-1]}]}"#
    private let answer = #"{"outputs":[{"name":"y","datatype":"FP32","shape":[1],"data":[2]}]}"#

    private func connect(_ text: String = #"{"url":"https://a.example.org/s/","protocol":"v2","model":"churn"}"#) async throws
        -> RemoteModel
    {
        try await RemoteModel.connect(
            try RemoteDescription(Array(text.utf8)), file: nil, version: version, egress: egress, now: { .zero })
    }

    private final class Timer: Sendable {
        let time = Mutex(Duration.zero)
    }

    private let input = [Tensor(name: "x", shape: [1], values: .float32([1]))]

    @Test("is asked for its signature, then for answers, beneath the URL")
    func asking() async throws {
        egress.will(200, description)
        egress.will(200, answer)
        let model = try await connect()
        #expect(model.inputs.map(\.name) == ["x"])
        #expect(try await model.infer(input, outputs: nil)[0].floats == [2])
        #expect(
            egress.asked.withLock { $0 } == [
                "GET https://a.example.org/s/v2/models/churn", "POST https://a.example.org/s/v2/models/churn/infer",
            ])
    }

    @Test("is not connected when its server does not describe it, or nobody states a signature")
    func unknown() async throws {
        egress.will(404, #"{"error":"no such model"}"#)
        let unknown = await #expect(throws: Problem.self) { _ = try await connect() }
        #expect(unknown?.code == "serving.remote.unknown-model")
        #expect(unknown?.kind == .unavailable)
        egress.will(200, #"{"inputs":[]}"#)
        #expect(await #expect(throws: Problem.self) { _ = try await connect() }?.code == "serving.server.garbled")
        let silent = await #expect(throws: Problem.self) { _ = try await connect(#"{"url":"https://a","protocol":"mlflow"}"#) }
        #expect(silent?.code == "serving.model.signature-missing")
    }

    @Test("is left alone after five failures in a row, and asked again after a pause; refusals of inputs are no failures")
    func breaker() async throws {
        egress.will(200, description)
        let timer = Timer()
        let remote = try RemoteDescription(Array(#"{"url":"https://a","protocol":"v2","model":"churn"}"#.utf8))
        let model = try await RemoteModel.connect(
            remote, file: nil, version: version, egress: egress, now: { timer.time.withLock { $0 } })
        for _ in 0..<6 {
            egress.will(400, #"{"error":"no"}"#)
            #expect(
                await #expect(throws: Problem.self) { _ = try await model.infer(input, outputs: nil) }?.code == "serving.server.refused")
        }
        egress.will(fail: 3)
        egress.will(503, "")
        egress.will(200, "garbage")
        for _ in 0..<5 { await #expect(throws: Problem.self) { _ = try await model.infer(input, outputs: nil) } }
        let asked = egress.asked.withLock { $0.count }
        let open = await #expect(throws: Problem.self) { _ = try await model.infer(input, outputs: nil) }
        #expect(open?.code == "serving.remote.circuit-open")
        #expect(egress.asked.withLock { $0.count } == asked)
        timer.time.withLock { $0 = .seconds(1) }
        egress.will(200, answer)
        #expect(try await model.infer(input, outputs: nil)[0].floats == [2])
        egress.will(200, answer)
        #expect(try await model.infer(input, outputs: nil)[0].floats == [2])
    }
}
