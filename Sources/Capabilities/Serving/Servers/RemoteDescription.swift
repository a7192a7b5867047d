// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// What the file `dhow-remote.json` of a version says: where its model answers.
struct RemoteDescription: Sendable, Equatable {
    static let maximumBytes: Int64 = 1 << 20
    private static let defaultLimit = Duration.seconds(5)

    /// To which the protocol's paths are appended.
    var url: EgressURL
    var wire: ServerProtocol
    var limit = Self.defaultLimit
    /// In the paths of the Open Inference Protocol.
    var name: String
    /// The signature, where the file states it.
    var inputs: [TensorSpecification]?
    var outputs: [TensorSpecification]?

    /// - Throws: `Problem` `.invalid` that names what in the file is wrong.
    init(_ bytes: [UInt8]) throws(Problem) {
        let value: JSONValue
        do {
            value = try bytes.withUnsafeBufferPointer { bytes throws(Problem) in try JSONReader.value(in: bytes) }
        } catch {
            throw Self.refusal("It is no JSON. \(error.why ?? "")")
        }
        guard case .object(let members) = value else { throw Self.refusal("It is no JSON object.") }
        let known: Set<String> = ["url", "protocol", "timeout", "model", "inputs", "outputs"]
        if let unknown = members.keys.filter({ !known.contains($0) }).min() {
            throw Self.refusal("It has '\(unknown.printable)', which means nothing here.")
        }
        guard let text = members["url"]?.text else { throw Self.refusal("It has no 'url'.") }
        do {
            url = try EgressURL(text)
        } catch {
            throw Self.refusal("\(error.what) \(error.why ?? "")")
        }
        guard !url.target.contains("?") else { throw Self.refusal("Its 'url' has a query.") }
        guard let wire = members["protocol"]?.text.flatMap(ServerProtocol.init(rawValue:)) else {
            throw Self.refusal(
                "Its 'protocol' is not one of \(ServerProtocol.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")).")
        }
        self.wire = wire
        if let timeout = members["timeout"] {
            guard let seconds = timeout.double, seconds > 0, seconds <= 60 else {
                throw Self.refusal("Its 'timeout' is not a number of seconds over 0 and up to 60.")
            }
            limit = .milliseconds(Int64(seconds * 1000))
        }
        name = members["model"]?.text ?? "model"
        guard !name.isEmpty, name.utf8.count <= 200,
            name.utf8.allSatisfy({ (48...57).contains($0) || (65...90).contains($0 & 0xDF) || "-_.".utf8.contains($0) })
        else {
            throw Self.refusal("Its 'model' is no name of letters, digits, '-', '_' and '.'.")
        }
        do {
            inputs = try members["inputs"].map { value throws(Problem) in try OpenInferenceWire.specifications(value, "inputs") }
            outputs = try members["outputs"].map { value throws(Problem) in try OpenInferenceWire.specifications(value, "outputs") }
        } catch {
            throw Self.refusal(error.why ?? error.what)
        }
    }

    private static func refusal(_ why: String) -> Problem {
        Problem(
            .invalid, "serving.remote.malformed", "The file '\(RuntimeChoice.remoteFile)' does not say where the model answers.", why: why,
            fix: #"Write for example {"url": "https://models.example.org", "protocol": "v2", "model": "churn", "timeout": 2}."#)
    }
}
