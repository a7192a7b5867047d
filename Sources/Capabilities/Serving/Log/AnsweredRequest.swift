// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// One request as the prediction log takes it: the tensors as they came, to be written out row by row away from the answer's path.
struct AnsweredRequest: Sendable {
    var workspace: String
    var endpoint: String
    /// Row `r` is logged as `<id>.<r>`.
    var id: String
    var time: Timestamp
    var logged: Timestamp
    var inputs: [Tensor]
    /// One for each row.
    var revisions: [Int]
    var candidate: Int?
    var candidatePercent: Int
    /// One for each row; not a number where the model gave none.
    var scores: [Double]
    var policy = LogPolicy.everything
    /// How long each row's revision took, one for each row; empty where it was not measured.
    var microseconds: [Int64] = []
    /// What was answered, where the endpoint logs it.
    var outputs: [Tensor] = []

    var rows: Int { revisions.count }

    /// The rows that are logged.
    var loggedRows: Int { policy.keepsAll ? rows : (0..<rows).count { policy.keeps(row: $0, of: id) } }

    var values: Int { inputs.reduce(0) { $0 + $1.values.count } + outputs.reduce(0) { $0 + $1.values.count } }
}
