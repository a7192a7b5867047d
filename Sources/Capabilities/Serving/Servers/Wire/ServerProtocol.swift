// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain

/// How a model's server is spoken to.
package enum ServerProtocol: String, Sendable, Codable, CaseIterable {
    /// The Open Inference Protocol, in JSON.
    case openInference = "v2"
    /// MLflow's scoring server.
    case invocations = "mlflow"

    /// Answers 200 when the server can be asked.
    func health(limit: Duration) -> ServerRequest {
        let path =
            switch self {
            case .openInference: "/v2/health/ready"
            case .invocations: "/ping"
            }
        return ServerRequest(method: "GET", path: path, limit: limit, maximumAnswer: 64 << 10)
    }

    func request(
        _ inputs: [Tensor], outputs: [String], of model: ServerModel, limit: Duration
    ) -> ServerRequest {
        let (path, body) =
            switch self {
            case .openInference: ("/v2/models/\(model.name)/infer", OpenInferenceWire.body(inputs, outputs: outputs))
            case .invocations: ("/invocations", InvocationsWire.body(inputs, of: model))
            }
        return ServerRequest(
            method: "POST", path: path, headers: [("Content-Type", "application/json"), ("Accept", "application/json")], body: body,
            limit: limit)
    }

    /// The outputs named, in that order.
    ///
    /// - Throws: `Problem` `.internal` `serving.server.garbled` when the answer is not what the signature allows.
    func outputs(_ names: [String], in body: [UInt8], rows: Int, of model: ServerModel) throws(Problem) -> [Tensor] {
        let value: JSONValue
        do {
            value = try body.withUnsafeBufferPointer { bytes throws(Problem) in try JSONReader.value(in: bytes) }
        } catch {
            throw TensorReading.garbled("Its answer of \(body.count) bytes is no JSON: \(error.why ?? error.what)")
        }
        let all =
            switch self {
            case .openInference: try OpenInferenceWire.outputs(in: value, rows: rows, of: model)
            case .invocations: try InvocationsWire.outputs(in: value, rows: rows, of: model)
            }
        return names.compactMap { name in all.first { $0.name == name } }
    }

    /// What the server said when it did not answer, for a message.
    static func complaint(in body: [UInt8]) -> String? {
        let head = Array(body.prefix(4096))
        let value = try? head.withUnsafeBufferPointer { bytes throws(Problem) in try JSONReader.value(in: bytes) }
        let text = value?["error"]?.text ?? value?["message"]?.text ?? value?["detail"]?.text ?? String(decoding: head, as: UTF8.self)
        let line = text.split(whereSeparator: \.isNewline).first ?? ""
        return line.isEmpty ? nil : String(line.prefix(300)).printable
    }
}

/// A model as its server has it.
package struct ServerModel: Sendable, Equatable {
    /// In the paths of the Open Inference Protocol.
    package var name: String
    package var inputs: [TensorSpecification]
    package var outputs: [TensorSpecification]
    /// Whether the inputs are the columns of a table, as MLflow tells them from tensors.
    package var isTable: Bool

    package init(name: String, inputs: [TensorSpecification], outputs: [TensorSpecification], isTable: Bool = false) {
        self.name = name
        self.inputs = inputs
        self.outputs = outputs
        self.isTable = isTable
    }
}
