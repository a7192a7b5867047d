// SPDX-License-Identifier: Apache-2.0

package import Domain
package import Foundation

/// The answer to an `InferenceBody`: the id under which its rows are logged, and a score for each row.
package struct InferenceReply: Equatable, Sendable {
    /// Row `r` is known as `<predictionID>.<r>`.
    package let predictionID: String
    /// The last column of the first output of floating-point numbers: the chance of being late.
    package let scores: [Double]

    /// - Throws: `Problem` `.internal` when the body is not the answer to `rows` rows.
    package init(_ body: Data, rows: Int) throws(Problem) {
        let wire: Wire
        do {
            wire = try JSONDecoder().decode(Wire.self, from: body)
        } catch {
            throw Self.unexpected("It is not an answer of the Open Inference Protocol with parameters.prediction_id.")
        }
        guard let output = wire.outputs.first(where: { $0.datatype.hasPrefix("FP") }), let data = output.data else {
            throw Self.unexpected("It has no output of floating-point numbers.")
        }
        guard rows > 0, !data.isEmpty, data.count.isMultiple(of: rows) else {
            throw Self.unexpected("Output '\(output.name.prefix(40))' has \(data.count) numbers for \(rows) rows.")
        }
        let width = data.count / rows
        predictionID = wire.parameters.predictionID
        scores = (0..<rows).map { data[$0 * width + width - 1] }
    }

    private static func unexpected(_ why: String) -> Problem {
        Problem(.internal, "demo.answer.unexpected", "The endpoint's answer is not understood.", why: why)
    }

    private struct Wire: Decodable {
        struct Parameters: Decodable {
            enum CodingKeys: String, CodingKey { case predictionID = "prediction_id" }
            var predictionID: String
        }

        struct Output: Decodable {
            enum CodingKeys: CodingKey { case name, datatype, data }
            var name: String
            var datatype: String
            /// Nil when they are no numbers.
            var data: [Double]?

            init(from decoder: any Decoder) throws {
                let container = try decoder.container(keyedBy: CodingKeys.self)
                name = try container.decode(String.self, forKey: .name)
                datatype = try container.decode(String.self, forKey: .datatype)
                data = try? container.decode([Double].self, forKey: .data)
            }
        }

        var parameters: Parameters
        var outputs: [Output]
    }
}
