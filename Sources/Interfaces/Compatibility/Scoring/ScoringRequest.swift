// SPDX-License-Identifier: Apache-2.0

package import Domain

/// A request of MLflow's scoring protocol, or of KServe's first one.
package struct ScoringRequest: Sendable {
    package var rows: ScoringRows
    /// The moment the rows are about, from `params.event_time`.
    package var time: Timestamp?

    private static let forms = ["dataframe_split", "dataframe_records", "instances", "inputs"]

    /// - Parameter forms: Which members may hold the rows; exactly one must be there.
    /// - Throws: `Problem` `.invalid` for what is no JSON or has another shape.
    package static func json(_ bytes: [UInt8], forms: [String] = Self.forms) throws(Problem) -> ScoringRequest {
        let node = try bytes.withUnsafeBufferPointer { buffer throws(Problem) in try JSONReader.node(in: buffer) }
        let taken = forms.map { "'\($0)'" }.joined(separator: ", ")
        guard case .object(let members) = node else {
            throw Problem(.invalid, "scoring.body.malformed", "The body is not a JSON object.", fix: "Send one of \(taken).")
        }
        let given = forms.filter { members[$0] != nil }
        guard given.count == 1, let form = given.first, let value = members[form] else {
            throw Problem(
                .invalid, "scoring.body.form", "The body must have exactly one of \(taken).",
                why: given.isEmpty
                    ? "It has \(members.isEmpty ? "no members" : members.prefix(10).map { "'\($0.name.printable)'" }.joined(separator: ", "))."
                    : "It has \(given.joined(separator: " and ")).")
        }
        return ScoringRequest(rows: try rows(form, value), time: try time(members["params"]))
    }

    /// - Throws: `Problem` `.invalid` for what is no CSV with a header line and as many fields in each line.
    package static func csv(_ bytes: [UInt8]) throws(Problem) -> ScoringRequest {
        ScoringRequest(rows: try ScoringTable.rows(bytes))
    }

    private static func rows(_ form: String, _ value: JSONNode) throws(Problem) -> ScoringRows {
        switch (form, value) {
        case ("dataframe_split", .object(let members)):
            guard case .array(let data) = members["data"] else { throw malformed(form, "its member 'data' is not a list of rows") }
            switch members["columns"] {
            case .array(let names): return try .table(names: names.map(Self.name), rows: data)
            case nil, .null: return try .table(names: nil, rows: data)
            default: throw malformed(form, "its member 'columns' is not a list of names")
            }
        case ("dataframe_split", _): throw malformed(form, "it is not an object with 'columns' and 'data'")
        case ("inputs", .object(let members)), ("instances", .object(let members)): return try .named(members)
        case (_, .array(let elements)): return try .rows(elements)
        default: throw malformed(form, "it is not a list of rows")
        }
    }

    /// Names of columns that have none are numbers.
    private static func name(_ node: JSONNode) -> String {
        switch node {
        case .string(let text): text
        case .integer(let number): String(number)
        case .number(let number): String(number)
        case .bool(let flag): String(flag)
        case .null, .array, .object: ""
        }
    }

    /// Parameters that no model here takes are left alone, as MLflow's own server does.
    private static func time(_ params: JSONNode?) throws(Problem) -> Timestamp? {
        guard let params else { return nil }
        guard case .object(let members) = params else {
            if case .null = params { return nil }
            throw malformed("params", "it is not an object")
        }
        switch members["event_time"] {
        case .integer(let milliseconds): return Timestamp(milliseconds: milliseconds)
        case nil, .null: return nil
        default: throw malformed("params", "'event_time' is not a whole number of milliseconds since 1970 UTC")
        }
    }

    private static func malformed(_ member: String, _ why: String) -> Problem {
        Problem(.invalid, "scoring.body.malformed", "'\(member)' cannot be read: \(why).")
    }
}
