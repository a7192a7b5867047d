// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// One model's server, spoken to in its protocol, with what it answers held against the signature.
struct ServerDialogue: Sendable {
    let wire: ServerProtocol
    let model: ServerModel
    /// For one call.
    let limit: Duration

    /// What is sent for a call, checked.
    struct Question: Sendable {
        var request: ServerRequest
        var outputs: [String]
        var rows: Int
    }

    /// - Throws: `Problem` `.invalid` when the tensors do not fit the signature.
    func question(_ inputs: [Tensor], outputs: [String]?) throws(Problem) -> Question {
        let check = SignatureCheck(model: model)
        let ordered = try check.ordered(inputs)
        let names = try check.outputs(named: outputs)
        return Question(
            request: wire.request(ordered, outputs: names, of: model, limit: limit), outputs: names, rows: ordered.first?.shape.first ?? 0)
    }

    /// - Throws: `Problem` `.invalid` when the server refuses the inputs, `.exhausted` or `.unavailable` when it cannot answer now,
    ///   `.internal` when the model failed or the answer is not what the signature allows.
    func outputs(of answer: ServerAnswer, to question: Question) throws(Problem) -> [Tensor] {
        switch answer.status {
        case 200..<300:
            let tensors = try wire.outputs(question.outputs, in: answer.body, rows: question.rows, of: model)
            guard tensors.count == question.outputs.count else {
                let missing = question.outputs.filter { name in !tensors.contains { $0.name == name } }
                throw TensorReading.garbled("It left out \(missing.prefix(5).map { "'\($0.printable)'" }.joined(separator: ", ")).")
            }
            return tensors
        case 408, 502, 503, 504:
            throw Problem(
                .unavailable, "serving.server.busy", "The model's server cannot answer now.", why: said(answer), fix: "Try again.")
        case 429:
            throw Problem(
                .exhausted, "serving.server.busy", "The model's server takes no more calls now.", why: said(answer), fix: "Try again.")
        case 400..<500:
            throw Problem(.invalid, "serving.server.refused", "The model's server refuses the inputs.", why: said(answer))
        case 500..<600:
            throw Problem(.internal, "serving.model.failed", "The model failed on inputs that fit its signature.", why: said(answer))
        default: throw TensorReading.garbled("It answered with status \(answer.status).")
        }
    }

    private func said(_ answer: ServerAnswer) -> String {
        let complaint = ServerProtocol.complaint(in: answer.body)
        return complaint.map { "It says (\(answer.status)): \($0)" } ?? "It answered with status \(answer.status)."
    }
}
